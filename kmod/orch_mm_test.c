// SPDX-License-Identifier: GPL-2.0-only
/* Suite orch_mm: kthreads that work on a process's address space. */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
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
	struct completion done;
};

static void visit_once(struct visit *v)
{
	kthread_use_mm(v->mm);
	v->during = current->mm == v->mm && current->active_mm == v->mm;
	v->not_copied = copy_from_user(v->copy,
				       (void __user *)v->mm->arg_start, BYTES);
	kthread_unuse_mm(v->mm);
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

static struct kunit_case orch_mm_cases[] = {
	KUNIT_CASE(sees_user_memory),
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
