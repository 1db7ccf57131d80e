// SPDX-License-Identifier: GPL-2.0-only
/* Says at its start what the module below has. */

#include <linux/module.h>
#include "own.h"

static int __init own_top_init(void)
{
	pr_info("own_top: the limit is %d\n", own_sum(own_limit(), 0));
	return 0;
}

static void __exit own_top_exit(void)
{
	pr_info("own_top: gone\n");
}

module_init(own_top_init);
module_exit(own_top_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("a sum");
