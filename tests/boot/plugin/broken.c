// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

static int __init broken_init(void)
{
	return no_such_function();
}

module_init(broken_init);
MODULE_DESCRIPTION("does not build");
MODULE_LICENSE("GPL");
