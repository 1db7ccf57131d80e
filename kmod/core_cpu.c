// SPDX-License-Identifier: GPL-2.0-only
/* orch_core: CPUs that a case takes away; they are back when it ends. */
#include <linux/cpu.h>
#include <linux/module.h>
#include "core.h"

static struct cpumask gone;

/* A CPU that can go, the last one; else the case is skipped. */
int orch_removable_cpu(struct kunit *test)
{
	int cpu = cpumask_last(cpu_online_mask);

	if (!IS_ENABLED(CONFIG_HOTPLUG_CPU) || cpu == 0 ||
	    !cpu_is_hotpluggable(cpu))
		kunit_skip(test, "no CPU can go");
	return cpu;
}
EXPORT_SYMBOL_GPL(orch_removable_cpu);

/* 0, or why the CPU stays. */
int orch_try_take_cpu(int cpu)
{
	int err = 0;

#ifdef CONFIG_HOTPLUG_CPU
	err = remove_cpu(cpu);
	if (!err)
		cpumask_set_cpu(cpu, &gone);
#endif
	return err;
}
EXPORT_SYMBOL_GPL(orch_try_take_cpu);

void orch_take_cpu(struct kunit *test, int cpu)
{
	KUNIT_ASSERT_EQ(test, orch_try_take_cpu(cpu), 0);
}
EXPORT_SYMBOL_GPL(orch_take_cpu);

/* Bring back all that were taken; false: one does not come. */
bool orch_bring_cpus_back(void)
{
	bool all = true;
	int cpu;

	for_each_cpu(cpu, &gone) {
#ifdef CONFIG_HOTPLUG_CPU
		if (add_cpu(cpu))
			all = false;
#endif
	}
	cpumask_clear(&gone);
	return all;
}
EXPORT_SYMBOL_GPL(orch_bring_cpus_back);
