// SPDX-License-Identifier: GPL-2.0-only
/* orch_core: calls that wait for a worker, each in a thread of its own. */
#include <linux/module.h>
#include <linux/slab.h>
#include "core.h"

/* fn has the waiter as data, makes the call and completes done. */
struct orch_waiter *orch_waiter_start(struct kunit *test, struct orch_work *w,
				      int (*fn)(struct orch_thread *self))
{
	struct orch_waiter *call = kunit_kzalloc(test, sizeof(*call), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, call);
	call->work = w;
	call->kw = w->on->kw;
	init_completion(&call->done);
	call->thread = orch_thread_create(test, NUMA_NO_NODE, fn, "orch_waiter");
	call->thread->data = call;
	KUNIT_ASSERT_TRUE(test, orch_thread_start(call->thread));
	return call;
}
EXPORT_SYMBOL_GPL(orch_waiter_start);

/* Start a call that cannot return yet; on return it waits. */
struct orch_waiter *orch_waiter_begin(struct kunit *test, struct orch_work *w,
				      int (*fn)(struct orch_thread *self))
{
	struct orch_waiter *call = orch_waiter_start(test, w, fn);

	KUNIT_ASSERT_TRUE(test, orch_wait_state(call->thread->task,
						TASK_UNINTERRUPTIBLE));
	KUNIT_EXPECT_FALSE(test, completion_done(&call->done));
	return call;
}
EXPORT_SYMBOL_GPL(orch_waiter_begin);

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
