# SPDX-License-Identifier: GPL-2.0-only
break kthread_create_on_node
continue
echo stopped in kthread_create_on_node\n
backtrace 2
