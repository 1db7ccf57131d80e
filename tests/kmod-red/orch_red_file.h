/* SPDX-License-Identifier: GPL-2.0-only */
/* What init does is in files, and files can be overwritten. */
#ifndef ORCH_RED_FILE_H
#define ORCH_RED_FILE_H

#include <linux/err.h>
#include <linux/fs.h>
#include "orch_core.h"

/* name: without its first slash. The file, emptied for writing, or an ERR_PTR. */
static inline struct file *orch_red_open(const char *name)
{
	return orch_open_as_init(name, O_WRONLY | O_TRUNC | O_NOCTTY);
}

/* What init does after the suites is these commands. */
static inline void orch_red_next_step(struct kunit *test, const char *step)
{
	struct file *file = orch_red_open("steps/60-coverage.sh");
	loff_t at = 0;

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_EXPECT_GT(test, kernel_write(file, step, strlen(step), &at), 0);
	filp_close(file, NULL);
}

#endif
