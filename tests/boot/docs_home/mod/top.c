// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

static int level = 1;
module_param(level, int, 0444);

static int __init top_init(void)
{
	pr_info("top: level %d\n", level);
	return 0;
}

static void __exit top_exit(void)
{
}

module_init(top_init);
module_exit(top_exit);
MODULE_DESCRIPTION("what stands on it");
MODULE_LICENSE("GPL");
