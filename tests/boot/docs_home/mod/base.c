// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

static int level = 1;
module_param(level, int, 0444);

static int __init base_init(void)
{
	pr_info("base: level %d\n", level);
	return 0;
}

static void __exit base_exit(void)
{
}

module_init(base_init);
module_exit(base_exit);
MODULE_DESCRIPTION("what the others stand on");
MODULE_LICENSE("GPL");
