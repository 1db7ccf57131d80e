// SPDX-License-Identifier: GPL-2.0-only
/* Suite orch_mm: kthreads that work on a process's address space. */
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "orch_core.h"

/* More than there are CPUs, each of which may hold a lazy reference. */
#define ROUNDS		300
#define BYTES		16

struct visit {
	struct mm_struct *mm;
	int rounds;
	unsigned long not_copied;
	char copy[BYTES];
	bool before;			/* current->mm was NULL */
	bool during;			/* it and active_mm were mm */
	bool after;			/* it was NULL again */
	bool irqs_off;			/* after either call */
	struct completion done;
};

static void visit_once(struct visit *v)
{
	kthread_use_mm(v->mm);
	v->irqs_off |= irqs_disabled();
	v->during = current->mm == v->mm && current->active_mm == v->mm;
	v->not_copied = copy_from_user(v->copy,
				       (void __user *)v->mm->arg_start, BYTES);
	kthread_unuse_mm(v->mm);
	v->irqs_off |= irqs_disabled();
}

static int visit_mm(struct orch_thread *self)
{
	struct visit *v = self->data;
	int i;

	v->before = !current->mm;
	for (i = 0; i < v->rounds; i++)
		visit_once(v);
	v->after = !current->mm;
	complete_all(&v->done);
	orch_wait_for_stop();
	return 0;
}

static struct task_struct *find_init(struct kunit *test)
{
	struct task_struct *init = get_pid_task(find_vpid(1), PIDTYPE_PID);

	KUNIT_ASSERT_NOT_NULL(test, init);
	return init;
}

static struct visit *visit(struct kunit *test, struct mm_struct *mm, int rounds)
{
	struct visit *v = kunit_kzalloc(test, sizeof(*v), GFP_KERNEL);
	struct orch_thread *t;

	KUNIT_ASSERT_NOT_NULL(test, v);
	v->mm = mm;
	v->rounds = rounds;
	init_completion(&v->done);
	t = orch_thread_create(test, NUMA_NO_NODE, visit_mm, "orch_mm");
	t->data = v;
	wake_up_process(t->task);
	KUNIT_EXPECT_TRUE(test, wait_for_completion_timeout(&v->done,
							    ORCH_TIMEOUT));
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 0);
	return v;
}

/* kthread_use_mm(): user addresses are the process's until unuse. */
static void sees_user_memory(struct kunit *test)
{
	struct task_struct *init = find_init(test);
	struct mm_struct *mm = get_task_mm(init);
	char want[BYTES] = "";
	struct visit *v;
	int got;

	if (!mm) {
		put_task_struct(init);
		kunit_skip(test, "init has no memory");
	}
	got = access_process_vm(init, mm->arg_start, want, BYTES, 0);
	v = visit(test, mm, 1);
	mmput(mm);
	put_task_struct(init);
	KUNIT_EXPECT_EQ(test, got, BYTES);
	KUNIT_EXPECT_TRUE(test, v->before);
	KUNIT_EXPECT_TRUE(test, v->during);
	KUNIT_EXPECT_TRUE(test, v->after);
	KUNIT_EXPECT_FALSE(test, v->irqs_off);
	KUNIT_EXPECT_EQ(test, v->not_copied, 0UL);
	KUNIT_EXPECT_EQ(test, memcmp(v->copy, want, BYTES), 0);
	KUNIT_EXPECT_NE(test, want[0], 0);
}

/*
 * kthread_use_mm() takes a reference of its own, kthread_unuse_mm() drops it,
 * and the lazy ones come out even: nothing adds up.
 */
static void references_come_out_even(struct kunit *test)
{
	struct task_struct *init = find_init(test);
	struct mm_struct *mm = get_task_mm(init);
	int before, after, users;

	put_task_struct(init);
	if (!mm)
		kunit_skip(test, "init has no memory");
	before = atomic_read(&mm->mm_count);
	users = atomic_read(&mm->mm_users);
	visit(test, mm, ROUNDS);
	after = atomic_read(&mm->mm_count);
	KUNIT_EXPECT_EQ(test, atomic_read(&mm->mm_users), users);
	mmput(mm);
	KUNIT_EXPECT_LT(test, abs(after - before), ROUNDS / 2);
}

/* A process whose memory is not mm; referenced, NULL if there is none. */
static struct task_struct *find_other(const struct mm_struct *mm)
{
	struct task_struct *p, *found = NULL;

	rcu_read_lock();
	for_each_process(p) {
		if (!(p->flags & PF_KTHREAD) && p->mm && p->mm != mm) {
			found = get_task_struct(p);
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

/* Below where anything of a process is, and above a program that is not PIE. */
#define MARK_AT		0x10000000UL

/* One thread that goes from one address space to another and back. */
struct tour {
	struct mm_struct *mm[2];
	int failed;
	int wrong;			/* marks that were another process's */
	struct completion done;
};

static void leave_mark(struct tour *tour, int mark)
{
	unsigned long at;

	kthread_use_mm(tour->mm[mark]);
	at = vm_mmap(NULL, MARK_AT, PAGE_SIZE, PROT_READ | PROT_WRITE,
		     MAP_ANONYMOUS | MAP_PRIVATE | MAP_FIXED_NOREPLACE, 0);
	if (at != MARK_AT || put_user(mark, (int __user *)MARK_AT))
		tour->failed++;
	kthread_unuse_mm(tour->mm[mark]);
}

static void look_at_mark(struct tour *tour, int mark)
{
	int found;

	kthread_use_mm(tour->mm[mark]);
	if (get_user(found, (int __user *)MARK_AT))
		tour->failed++;
	else if (found != mark)
		tour->wrong++;
	kthread_unuse_mm(tour->mm[mark]);
}

static void remove_mark(struct tour *tour, int mark)
{
	kthread_use_mm(tour->mm[mark]);
	if (vm_munmap(MARK_AT, PAGE_SIZE))
		tour->failed++;
	kthread_unuse_mm(tour->mm[mark]);
}

static int visit_both(struct orch_thread *self)
{
	struct tour *tour = self->data;
	int i;

	for (i = 0; i < 2; i++)
		leave_mark(tour, i);
	for (i = 0; !tour->failed && i < 4; i++)
		look_at_mark(tour, i & 1);
	for (i = 0; !tour->failed && i < 2; i++)
		remove_mark(tour, i);
	complete_all(&tour->done);
	orch_wait_for_stop();
	return 0;
}

static void take_tour(struct kunit *test, struct mm_struct *one,
		      struct mm_struct *other)
{
	struct tour *tour = kunit_kzalloc(test, sizeof(*tour), GFP_KERNEL);
	struct orch_thread *t;

	KUNIT_ASSERT_NOT_NULL(test, tour);
	init_completion(&tour->done);
	tour->mm[0] = one;
	tour->mm[1] = other;
	t = orch_thread_create(test, NUMA_NO_NODE, visit_both, "orch_tour");
	t->data = tour;
	wake_up_process(t->task);
	KUNIT_EXPECT_TRUE(test, wait_for_completion_timeout(&tour->done,
							    ORCH_TIMEOUT));
	KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 0);
	KUNIT_EXPECT_EQ(test, tour->failed, 0);
	KUNIT_EXPECT_EQ(test, tour->wrong, 0);
}

/*
 * kthread_use_mm(): "Makes the calling kthread operate on an address space",
 * whatever the CPU had loaded before. The same address holds one thing in
 * init, another in whoever loads this module.
 */
static void goes_from_one_to_another(struct kunit *test)
{
	struct task_struct *init = find_init(test), *other;
	struct mm_struct *mm = get_task_mm(init), *other_mm;

	other = find_other(mm);
	other_mm = other ? get_task_mm(other) : NULL;
	if (mm && other_mm)
		take_tour(test, mm, other_mm);
	else
		kunit_mark_skipped(test, "there are no two processes");
	if (other_mm)
		mmput(other_mm);
	if (other)
		put_task_struct(other);
	if (mm)
		mmput(mm);
	put_task_struct(init);
}

static struct kunit_case orch_mm_cases[] = {
	KUNIT_CASE(sees_user_memory),
	KUNIT_CASE(goes_from_one_to_another),
	KUNIT_CASE(references_come_out_even),
	{}
};

static struct kunit_suite orch_mm_suite = {
	.name = "orch_mm",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_mm_cases,
};

kunit_test_suite(orch_mm_suite);

MODULE_DESCRIPTION("kthreads on a process's address space");
MODULE_LICENSE("GPL");
