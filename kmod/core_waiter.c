// SPDX-License-Identifier: GPL-2.0-only
/* orch_core: calls that wait for a work, a worker or a thread, each in its own. */
#include <linux/module.h>
#include <linux/slab.h>
#include "core.h"

static int make_call(struct orch_thread *self)
{
	struct orch_waiter *call = self->data;

	call->fn(call);
	complete_all(&call->done);
	return 0;
}

static struct orch_waiter *start(struct kunit *test, struct orch_waiter asked)
{
	struct orch_waiter *call = kunit_kzalloc(test, sizeof(*call), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, call);
	*call = asked;
	init_completion(&call->done);
	call->thread = orch_thread_create(test, NUMA_NO_NODE, make_call,
					  "orch_waiter");
	call->thread->data = call;
	KUNIT_ASSERT_TRUE(test, orch_thread_start(call->thread));
	return call;
}

static struct orch_waiter *begun(struct kunit *test, struct orch_waiter *call)
{
	KUNIT_ASSERT_TRUE(test, orch_wait_state(call->thread->task,
						TASK_UNINTERRUPTIBLE));
	KUNIT_EXPECT_FALSE(test, completion_done(&call->done));
	return call;
}

/* fn makes the call. */
struct orch_waiter *orch_waiter_start(struct kunit *test, struct orch_work *w,
				      void (*fn)(struct orch_waiter *call))
{
	return start(test, (struct orch_waiter){
		.fn = fn, .work = w, .kw = w->on->kw,
	});
}
EXPORT_SYMBOL_GPL(orch_waiter_start);

/* Start a call that cannot return yet; on return it waits. */
struct orch_waiter *orch_waiter_begin(struct kunit *test, struct orch_work *w,
				      void (*fn)(struct orch_waiter *call))
{
	return begun(test, orch_waiter_start(test, w, fn));
}
EXPORT_SYMBOL_GPL(orch_waiter_begin);

/* The same for a call that waits for a thread. */
struct orch_waiter *orch_waiter_on_thread(struct kunit *test,
					  struct orch_thread *target,
					  void (*fn)(struct orch_waiter *call))
{
	return begun(test, start(test, (struct orch_waiter){
		.fn = fn, .target = target,
	}));
}
EXPORT_SYMBOL_GPL(orch_waiter_on_thread);

void orch_call_flush_worker(struct orch_waiter *call)
{
	kthread_flush_worker(call->kw);
}
EXPORT_SYMBOL_GPL(orch_call_flush_worker);

void orch_call_flush_work(struct orch_waiter *call)
{
	kthread_flush_work(&call->work->dwork.work);
}
EXPORT_SYMBOL_GPL(orch_call_flush_work);

void orch_call_cancel_work(struct orch_waiter *call)
{
	call->returned = kthread_cancel_work_sync(&call->work->dwork.work);
}
EXPORT_SYMBOL_GPL(orch_call_cancel_work);

void orch_call_destroy_worker(struct orch_waiter *call)
{
	kthread_destroy_worker(call->kw);
}
EXPORT_SYMBOL_GPL(orch_call_destroy_worker);

/* Wait until the call has returned. */
void orch_waiter_finish(struct kunit *test, struct orch_waiter *call)
{
	KUNIT_ASSERT_TRUE(test, wait_for_completion_timeout(&call->done,
							    ORCH_TIMEOUT));
}
EXPORT_SYMBOL_GPL(orch_waiter_finish);

/* A work that keeps ow busy; open its gate to let the worker go on. */
struct orch_work *orch_work_hold(struct kunit *test, struct orch_worker *ow)
{
	struct orch_work *w = orch_work_new(test, ow, orch_hold);

	KUNIT_ASSERT_TRUE(test, orch_work_queue(w));
	KUNIT_ASSERT_TRUE(test, wait_for_completion_timeout(&w->begun,
							    ORCH_TIMEOUT));
	KUNIT_EXPECT_PTR_EQ(test, ow->kw->current_work, &w->dwork.work);
	return w;
}
EXPORT_SYMBOL_GPL(orch_work_hold);
