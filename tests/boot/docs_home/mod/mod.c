// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

static int level = 1;
module_param(level, int, 0444);

static int __init mod_init(void)
{
	pr_info("mod: level %d\n", level);
	return 0;
}

static void __exit mod_exit(void)
{
}

module_init(mod_init);
module_exit(mod_exit);
MODULE_DESCRIPTION("one beside them");
MODULE_LICENSE("GPL");
