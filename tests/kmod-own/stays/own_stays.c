// SPDX-License-Identifier: GPL-2.0-only
/* Without module_exit() a module cannot be unloaded (delete_module() in kernel/module/main.c). */

#include <linux/module.h>

static int __init own_stays_init(void)
{
	return 0;
}

module_init(own_stays_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("stays");
