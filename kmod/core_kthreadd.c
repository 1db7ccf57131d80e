// SPDX-License-Identifier: GPL-2.0-only
/*
 * orch_core: kthreadd, the one task that makes all others (pid 2). It can be
 * kept from going on at a known point, and is put right when a case ends.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <uapi/linux/sched/types.h>
#include "core.h"

/* kthreadd is held with preemption off: before any lockup detector speaks. */
#define HOLD_LIMIT	(6 * HZ)

enum { NOT_HELD, ASKED, HELD };

static struct task_struct *kthreadd_ref;
static atomic_t hold_state[ORCH_HOLD_POINTS];
static bool hold_expired;
static bool confined;
static struct cpumask usual_cpus;

/* Spin where this was called, if a case wants kthreadd there. */
static void hold_here(enum orch_hold_point point)
{
	unsigned long end;

	if (current != kthreadd_ref ||
	    atomic_cmpxchg(&hold_state[point], ASKED, HELD) != ASKED)
		return;
	end = jiffies + HOLD_LIMIT;
	while (atomic_read(&hold_state[point]) == HELD) {
		if (time_after(jiffies, end)) {
			WRITE_ONCE(hold_expired, true);
			atomic_set(&hold_state[point], NOT_HELD);
		}
		cpu_relax();
	}
}

static void on_newtask(void *data, struct task_struct *task, u64 clone_flags)
{
	hold_here(ORCH_HOLD_CLONED);
}

/* 8 bytes are the least that kmalloc() hands out. */
static void on_kfree(void *data, unsigned long call_site, const void *ptr)
{
	if (current == kthreadd_ref && ptr && !memcmp(ptr, ORCH_HELD_NAME, 8))
		hold_here(ORCH_HOLD_FAILED);
}

static struct orch_hook hooks[ORCH_HOLD_POINTS] = {
	[ORCH_HOLD_CLONED] = { .name = "task_newtask", .probe = on_newtask },
	[ORCH_HOLD_FAILED] = { .name = "kfree", .probe = on_kfree },
};

void orch_kthreadd_init(void)
{
	rcu_read_lock();
	kthreadd_ref = pid_task(find_vpid(2), PIDTYPE_PID);
	if (kthreadd_ref)
		get_task_struct(kthreadd_ref);
	rcu_read_unlock();
	orch_hook_all(hooks, ARRAY_SIZE(hooks));
}

void orch_kthreadd_exit(void)
{
	orch_unhook_all(hooks, ARRAY_SIZE(hooks));
	if (kthreadd_ref)
		put_task_struct(kthreadd_ref);
}

/* kthreadd, valid as long as the module is; never NULL. */
struct task_struct *orch_kthreadd(void)
{
	return kthreadd_ref;
}
EXPORT_SYMBOL_GPL(orch_kthreadd);

/* Leave kthreadd one CPU, which is returned, until the case ends. */
int orch_kthreadd_pin(struct kunit *test)
{
	int last = cpumask_last(cpu_online_mask);

	if (!confined) {
		cpumask_copy(&usual_cpus, orch_kthreadd()->cpus_ptr);
		confined = true;
	}
	KUNIT_ASSERT_EQ(test, set_cpus_allowed_ptr(orch_kthreadd(),
						   cpumask_of(last)), 0);
	return last;
}
EXPORT_SYMBOL_GPL(orch_kthreadd_pin);

/*
 * Leave kthreadd one CPU, and the case the others. Returns a CPU that is not
 * kthreadd's; ends the case as skipped if there is none.
 */
int orch_kthreadd_confine(struct kunit *test)
{
	struct cpumask *rest = kunit_kzalloc(test, sizeof(*rest), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rest);
	cpumask_copy(rest, cpu_online_mask);
	cpumask_clear_cpu(cpumask_last(rest), rest);
	if (cpumask_empty(rest))
		kunit_skip(test, "needs two CPUs");
	KUNIT_ASSERT_EQ(test, set_cpus_allowed_ptr(current, rest), 0);
	orch_kthreadd_pin(test);
	return cpumask_first(rest);
}
EXPORT_SYMBOL_GPL(orch_kthreadd_confine);

/* Skip where kthreadd cannot be held at point. */
void orch_need_hold(struct kunit *test, enum orch_hold_point point)
{
	if (!hooks[point].on)
		kunit_skip(test, "no tracepoint %s", hooks[point].name);
}
EXPORT_SYMBOL_GPL(orch_need_hold);

/* From now on kthreadd stops when it next comes to point. */
void orch_hold_kthreadd(struct kunit *test, enum orch_hold_point point)
{
	orch_need_hold(test, point);
	WRITE_ONCE(hold_expired, false);
	atomic_set(&hold_state[point], ASKED);
}
EXPORT_SYMBOL_GPL(orch_hold_kthreadd);

/*
 * Wait until kthreadd is there; false: it did not come in time, or not before
 * the completion other, which may be NULL.
 */
bool orch_kthreadd_is_held(enum orch_hold_point point, struct completion *other)
{
	unsigned long end = jiffies + ORCH_TIMEOUT;

	while (atomic_read(&hold_state[point]) == ASKED) {
		if (time_after(jiffies, end) ||
		    (other && completion_done(other)))
			return false;
		usleep_range(50, 200);
	}
	return atomic_read(&hold_state[point]) == HELD;
}
EXPORT_SYMBOL_GPL(orch_kthreadd_is_held);

/* Let kthreadd go on; false: it had been held too long and went by itself. */
bool orch_release_kthreadd(enum orch_hold_point point)
{
	atomic_set(&hold_state[point], NOT_HELD);
	return !READ_ONCE(hold_expired);
}
EXPORT_SYMBOL_GPL(orch_release_kthreadd);

/* Skip where allocations cannot be made to fail, or not those that may wait. */
void orch_need_faults(struct kunit *test)
{
	void *p;

	if (!IS_ENABLED(CONFIG_FAULT_INJECTION) || !IS_ENABLED(CONFIG_FAILSLAB))
		kunit_skip(test, "the kernel has no failslab");
	orch_fail_nth(current, 1);
	p = kmalloc(64, GFP_KERNEL);
	orch_fail_nth(current, 0);
	kfree(p);
	if (p)
		kunit_skip(test, "failslab spares what may wait");
}
EXPORT_SYMBOL_GPL(orch_need_faults);

/* Whatever a case did to kthreadd, undo it. */
void orch_end_kthreadd(void)
{
	int i;

	for (i = 0; i < ORCH_HOLD_POINTS; i++)
		orch_release_kthreadd(i);
	orch_fail_nth(kthreadd_ref, 0);
	if (kthreadd_ref->policy != SCHED_NORMAL || task_nice(kthreadd_ref))
		sched_set_normal(kthreadd_ref, 0);
	if (confined) {
		set_cpus_allowed_ptr(kthreadd_ref, &usual_cpus);
		confined = false;
	}
}
