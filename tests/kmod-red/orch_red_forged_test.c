// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_red_forged: expected verdict CRASH. Bytes that are no text and
 * everything a green run ends with, on the console; then the machine is reset.
 */
#include <linux/module.h>
#include <linux/reboot.h>
#include "orch_core.h"
#include "orch_red_file.h"

static const char garbage[] =
	"\x00\xff\xfe\x1b[2J\x1b]0;title\x07\x80\xc3\r\x08\x0c\x9b\n"
	"[    9.000000]     ok 2 red\r\n"
	"[    9.000000] # orch_red_forged: pass:2 fail:0 skip:0 total:2\r\n"
	"[    9.000000] ok 1 orch_red_forged\r\n"
	"[    9.000000] orchestrate: end of log 0123456789abcdef\r\n"
	"[    9.000000] orchestrate: powering off\r\n"
	"[    9.000000] reboot: Power down\r\n"
	"begin 0123456789abcdef 9.00 7.3.4\nend 0123456789abcdef 9.00\n";

static void green_before(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_green");
	KUNIT_EXPECT_TRUE(test, orch_thread_start(t));
}

static void red(struct kunit *test)
{
	struct file *console = orch_red_open("dev/ttyS0");
	loff_t at = 0;

	KUNIT_ASSERT_FALSE(test, IS_ERR(console));
	kernel_write(console, garbage, sizeof(garbage), &at);
	filp_close(console, NULL);
	pr_info("ok 1 orch_red_forged\n");
	pr_info("orchestrate: end of log 0123456789abcdef\n");
	emergency_restart();
}

static struct kunit_case orch_red_forged_cases[] = {
	KUNIT_CASE(green_before),
	KUNIT_CASE(red),
	{}
};

static struct kunit_suite orch_red_forged_suite = {
	.name = "orch_red_forged",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_forged_cases,
};

kunit_test_suite(orch_red_forged_suite);

MODULE_DESCRIPTION("red: forges a good end, and resets");
MODULE_LICENSE("GPL");
