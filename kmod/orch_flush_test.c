// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_flush: flushing and destroying workers that are busy, and workers
 * whose thread is made by hand. The plain cases: suite orch_work.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include "orch_core.h"

static struct orch_worker *new_worker(struct kunit *test)
{
	return orch_worker_run(test, NUMA_NO_NODE, 0, "orch_flush");
}

/* kthread_flush_worker(): what is queued after it is not waited for. */
static void flush_worker_ends(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	struct orch_work *gate = orch_work_hold(test, ow);
	struct orch_work *before = orch_work_new(test, ow, NULL);
	struct orch_work *after = orch_work_new(test, ow, orch_hold);
	struct orch_waiter *call;

	KUNIT_ASSERT_TRUE(test, orch_work_queue(before));
	call = orch_waiter_begin(test, gate, orch_call_flush_worker);
	KUNIT_ASSERT_TRUE(test, orch_work_queue(after));
	complete(&gate->gate);
	orch_waiter_finish(test, call);
	KUNIT_EXPECT_EQ(test, atomic_read(&before->runs), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&after->runs), 0);
	complete(&after->gate);
	KUNIT_EXPECT_TRUE(test, orch_work_wait(after));
}

/* kthread_flush_work(): of a work that executes; those behind do not count. */
static void flush_executing_work(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	struct orch_work *w = orch_work_hold(test, ow);
	struct orch_work *behind = orch_work_new(test, ow, orch_hold);
	struct orch_waiter *call;

	KUNIT_ASSERT_TRUE(test, orch_work_queue(behind));
	call = orch_waiter_begin(test, w, orch_call_flush_work);
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 0);
	complete(&w->gate);
	orch_waiter_finish(test, call);
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&behind->runs), 0);
	complete(&behind->gate);
	KUNIT_EXPECT_TRUE(test, orch_work_wait(behind));
}

/* Works that several flush at once: all are told. */
static void many_flush_at_once(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	struct orch_work *gate = orch_work_hold(test, ow);
	struct orch_work *w = orch_work_new(test, ow, NULL);
	struct orch_waiter *call[5];
	int i;

	KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
	for (i = 0; i < ARRAY_SIZE(call); i++)
		call[i] = orch_waiter_begin(test, w, i & 1 ?
					    orch_call_flush_worker :
					    orch_call_flush_work);
	complete(&gate->gate);
	for (i = 0; i < ARRAY_SIZE(call); i++)
		orch_waiter_finish(test, call[i]);
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 1);
}

/* kthread_destroy_worker(): waits for what executes, then for the thread. */
static void destroy_waits(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	struct orch_work *w = orch_work_hold(test, ow);
	struct orch_waiter *call = orch_waiter_begin(test, w,
						     orch_call_destroy_worker);

	complete_all(&w->gate);
	orch_waiter_finish(test, call);
	ow->kw = NULL;
	KUNIT_EXPECT_EQ(test, atomic_read(&w->runs), 1);
	KUNIT_EXPECT_TRUE(test, ow->task->flags & PF_EXITING);
}

struct own_work {
	struct kthread_work work;
	struct completion *ran;
};

static void free_itself(struct kthread_work *work)
{
	struct own_work *own = container_of(work, struct own_work, work);
	struct completion *ran = own->ran;

	kfree(own);
	complete(ran);
}

/* kthread_worker_fn(): does not touch a work once it has been called. */
static void work_frees_itself(struct kunit *test)
{
	struct orch_worker *ow = new_worker(test);
	DECLARE_COMPLETION_ONSTACK(ran);
	int i;

	for (i = 0; i < 4; i++) {
		struct own_work *own = kzalloc(sizeof(*own), GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, own);
		own->ran = &ran;
		kthread_init_work(&own->work, free_itself);
		KUNIT_EXPECT_TRUE(test, kthread_queue_work(ow->kw, &own->work));
		KUNIT_ASSERT_TRUE(test, wait_for_completion_timeout(&ran,
								    ORCH_TIMEOUT));
	}
}

/* Run kw in a thread of the case's own, named thread. */
static struct orch_thread *drive(struct kunit *test, struct kthread_worker *kw)
{
	struct orch_thread *t = orch_thread_new(test, NUMA_NO_NODE, -1, NULL,
						"orch_driver");
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(test, t);
	task = kthread_run(kthread_worker_fn, kw, "orch_driver");
	KUNIT_ASSERT_TRUE(test, orch_thread_made(t, task));
	return t;
}

static void tell(struct kthread_work *work)
{
	struct own_work *own = container_of(work, struct own_work, work);

	complete(own->ran);
}

/*
 * kthread_init_worker() and kthread_worker_fn(): works queued while there is
 * no thread wait for one; a stopped worker may be started again.
 */
static void worker_without_a_thread(struct kunit *test)
{
	struct kthread_worker *kw = kunit_kzalloc(test, sizeof(*kw), GFP_KERNEL);
	struct own_work *own = kunit_kzalloc(test, sizeof(*own), GFP_KERNEL);
	struct completion *ran = kunit_kzalloc(test, sizeof(*ran), GFP_KERNEL);
	struct orch_thread *t;
	int i;

	KUNIT_ASSERT_TRUE(test, kw && own && ran);
	init_completion(ran);
	own->ran = ran;
	memset(kw, 0xff, sizeof(*kw));
	kthread_init_worker(kw);
	KUNIT_EXPECT_EQ(test, kw->flags, 0U);
	KUNIT_EXPECT_NULL(test, kw->task);
	KUNIT_EXPECT_NULL(test, kw->current_work);
	KUNIT_EXPECT_TRUE(test, list_empty(&kw->work_list));
	KUNIT_EXPECT_TRUE(test, list_empty(&kw->delayed_work_list));
	kthread_init_work(&own->work, tell);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_TRUE(test, kthread_queue_work(kw, &own->work));
		KUNIT_EXPECT_FALSE(test, kthread_queue_work(kw, &own->work));
		t = drive(test, kw);
		KUNIT_ASSERT_TRUE(test, wait_for_completion_timeout(ran,
								    ORCH_TIMEOUT));
		KUNIT_ASSERT_TRUE(test, orch_wait_state(t->task,
							TASK_INTERRUPTIBLE));
		KUNIT_EXPECT_PTR_EQ(test, kw->task, t->task);
		KUNIT_EXPECT_EQ(test, orch_thread_stop(t), 0);
		KUNIT_EXPECT_NULL(test, kw->task);
	}
}

static struct kunit_case orch_flush_cases[] = {
	KUNIT_CASE(flush_worker_ends),
	KUNIT_CASE(flush_executing_work),
	KUNIT_CASE(many_flush_at_once),
	KUNIT_CASE(destroy_waits),
	KUNIT_CASE(work_frees_itself),
	KUNIT_CASE(worker_without_a_thread),
	{}
};

static struct kunit_suite orch_flush_suite = {
	.name = "orch_flush",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_flush_cases,
};

kunit_test_suite(orch_flush_suite);

MODULE_DESCRIPTION("flushing and destroying kthread workers that are busy");
MODULE_LICENSE("GPL");
