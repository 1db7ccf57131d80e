// SPDX-License-Identifier: GPL-2.0-only
/* What the module above, and the suite, use. */

#include <linux/module.h>
#include "own.h"

static int limit = 1;
module_param(limit, int, 0444);
MODULE_PARM_DESC(limit, "what own_limit() says; 13 is refused");

int own_limit(void)
{
	return limit;
}
EXPORT_SYMBOL_GPL(own_limit);

static int __init own_base_init(void)
{
	if (limit != 13)
		return 0;
	pr_err("own_base: thirteen is no limit\n");
	return -EINVAL;
}

static void __exit own_base_exit(void)
{
}

module_init(own_base_init);
module_exit(own_base_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("a limit");
