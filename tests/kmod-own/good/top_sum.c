// SPDX-License-Identifier: GPL-2.0-only

#include <linux/export.h>
#include "own.h"

int own_sum(int a, int b)
{
	return a + b;
}
EXPORT_SYMBOL_GPL(own_sum);
