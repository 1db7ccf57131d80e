// SPDX-License-Identifier: GPL-2.0-only
/* Suite orch_red_flood: expected verdict HANG, stopped for what it prints. */
#include <linux/module.h>
#include <linux/slab.h>
#include "orch_core.h"
#include "orch_red_file.h"

/* The console's own port takes a byte at a time; this one takes what it gets. */
#define PORT	"dev/vport0p3"
#define PIECE	(64 << 10)

static void green_before(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_green");
	KUNIT_EXPECT_TRUE(test, orch_thread_start(t));
}

static void red(struct kunit *test)
{
	struct file *port = orch_red_open(PORT);
	char *text = kmalloc(PIECE, GFP_KERNEL);
	loff_t at = 0;

	KUNIT_ASSERT_FALSE(test, IS_ERR(port));
	KUNIT_ASSERT_NOT_NULL(test, text);
	memset(text, 'x', PIECE);
	for (;;)
		kernel_write(port, text, PIECE, &at);
}

static struct kunit_case orch_red_flood_cases[] = {
	KUNIT_CASE(green_before),
	KUNIT_CASE(red),
	{}
};

static struct kunit_suite orch_red_flood_suite = {
	.name = "orch_red_flood",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_flood_cases,
};

kunit_test_suite(orch_red_flood_suite);

MODULE_DESCRIPTION("red: writes without end to a port");
MODULE_LICENSE("GPL");
