# SPDX-License-Identifier: GPL-2.0-only
break kthread_create_on_node
continue
printf "stopped in %s\n", "kthread_create_on_node"
backtrace 2
