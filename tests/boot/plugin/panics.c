// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>
#include <linux/module.h>
static int __init panics_init(void)
{
	panic("asked for");
	return 0;
}
module_init(panics_init);
MODULE_DESCRIPTION("panics");
MODULE_LICENSE("GPL");
