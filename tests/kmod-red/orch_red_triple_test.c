// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_red_triple: expected verdict CRASH, a machine that resets without
 * a word: after a triple fault, or, where there is none, by its firmware.
 */
#include <linux/module.h>
#ifdef CONFIG_X86
#include <asm/desc.h>
#else
#include <linux/arm-smccc.h>
#include <uapi/linux/psci.h>
#endif
#include "orch_core.h"

#ifdef CONFIG_X86
static void reset(void)
{
	struct desc_ptr none = {};

	load_idt(&none);
	asm volatile("int3");
}
#else
static void reset(void)
{
	struct arm_smccc_res res;

	arm_smccc_hvc(PSCI_0_2_FN_SYSTEM_RESET, 0, 0, 0, 0, 0, 0, 0, &res);
}
#endif

static void green_before(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_green");
	KUNIT_EXPECT_TRUE(test, orch_thread_start(t));
}

static void red(struct kunit *test)
{
	reset();
}

static struct kunit_case orch_red_triple_cases[] = {
	KUNIT_CASE(green_before),
	KUNIT_CASE(red),
	{}
};

static struct kunit_suite orch_red_triple_suite = {
	.name = "orch_red_triple",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_triple_cases,
};

kunit_test_suite(orch_red_triple_suite);

MODULE_DESCRIPTION("red: a fault that nothing handles");
MODULE_LICENSE("GPL");
