// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

static int level = 1;
module_param(level, int, 0444);

static int __init my_module_init(void)
{
	pr_info("my_module: level %d\n", level);
	return 0;
}

static void __exit my_module_exit(void)
{
}

module_init(my_module_init);
module_exit(my_module_exit);
MODULE_DESCRIPTION("a module of the user's");
MODULE_LICENSE("GPL");
