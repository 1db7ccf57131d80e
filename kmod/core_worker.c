// SPDX-License-Identifier: GPL-2.0-only
/* orch_core: kthread workers of a case, and works for them. */
#include <linux/module.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include "core.h"
#include "orch_trace.h"

/* Like orch_thread_new() and orch_thread_made(). */
struct orch_worker *orch_worker_new(struct kunit *test, int node, int cpu,
				    const char *name)
{
	struct orch_case *c = test->priv;
	struct orch_worker *ow = kzalloc(sizeof(*ow), GFP_KERNEL);

	if (!ow)
		return NULL;
	mutex_lock(&c->lock);
	list_add_tail(&ow->link, &c->workers);
	mutex_unlock(&c->lock);
	orch_fill_request(test, &ow->req, "worker", node, cpu, name);
	return ow;
}
EXPORT_SYMBOL_GPL(orch_worker_new);

bool orch_worker_made(struct orch_worker *ow, struct kthread_worker *kw)
{
	if (IS_ERR(kw)) {
		trace_orch_created(&ow->req, 0, PTR_ERR(kw));
		return false;
	}
	ow->kw = kw;
	ow->task = get_task_struct(kw->task);
	trace_orch_created(&ow->req, ow->task->pid, 0);
	return true;
}
EXPORT_SYMBOL_GPL(orch_worker_made);

/* A worker as the tree's create call leaves it: stopped since 6.14. */
struct orch_worker *orch_worker_create(struct kunit *test, int node,
				       unsigned int flags, const char *name)
{
	struct orch_worker *ow;
	struct kthread_worker *kw;

	/* Do not note a wish that the tree cannot even be told. */
	if (!ORCH_WORKER_TAKES_NODE)
		node = NUMA_NO_NODE;
	ow = orch_worker_new(test, node, -1, name);
	KUNIT_ASSERT_NOT_NULL(test, ow);
#if ORCH_WORKER_TAKES_NODE
	kw = kthread_create_worker_on_node(flags, node, "%s", name);
#else
	kw = kthread_create_worker(flags, "%s", name);
#endif
	KUNIT_ASSERT_TRUE_MSG(test, orch_worker_made(ow, kw),
			      "creating %s for node %d: %ld", name, node,
			      PTR_ERR(kw));
	return ow;
}
EXPORT_SYMBOL_GPL(orch_worker_create);

/* A worker that waits for works. */
struct orch_worker *orch_worker_run(struct kunit *test, int node,
				    unsigned int flags, const char *name)
{
	struct orch_worker *ow = orch_worker_create(test, node, flags, name);

	if (ORCH_WORKER_IS_BORN_STOPPED)
		wake_up_process(ow->task);
	return ow;
}
EXPORT_SYMBOL_GPL(orch_worker_run);

/* A worker bound to cpu; namefmt holds one %u. */
struct orch_worker *orch_worker_create_on_cpu(struct kunit *test, int cpu,
					      const char *namefmt)
{
	struct orch_worker *ow;
	struct kthread_worker *kw;

	ow = orch_worker_new(test, cpu_to_node(cpu), cpu, namefmt);
	KUNIT_ASSERT_NOT_NULL(test, ow);
#if ORCH_WORKER_TAKES_NODE
	kw = kthread_create_worker_on_cpu(cpu, 0, namefmt);
#else
	kw = kthread_create_worker_on_cpu(cpu, 0, namefmt, cpu);
#endif
	KUNIT_ASSERT_TRUE_MSG(test, orch_worker_made(ow, kw),
			      "creating %s on CPU %d: %ld", namefmt, cpu,
			      PTR_ERR(kw));
	return ow;
}
EXPORT_SYMBOL_GPL(orch_worker_create_on_cpu);

static void orch_worker_destroy_fn(void *arg)
{
	kthread_destroy_worker(arg);
}

/* False if kthread_destroy_worker() does not come back; ow is stuck then. */
bool orch_worker_destroy(struct orch_worker *ow)
{
	if (!orch_bounded(orch_worker_destroy_fn, ow->kw))
		return false;
	ow->kw = NULL;
	return true;
}
EXPORT_SYMBOL_GPL(orch_worker_destroy);

/* The kthread_work function of all works. */
static void orch_work_main(struct kthread_work *work)
{
	struct orch_work *w = container_of(work, struct orch_work, dwork.work);

	orch_record(&w->place);
	if (!atomic_xchg(&w->on->placed, 1))
		trace_orch_placed(&w->on->req, &w->place);
	trace_orch_work(&w->on->req, &w->place);
	w->rank = atomic_fetch_inc(&w->owner->works_run);
	w->ran_at = jiffies;
	complete(&w->begun);
	if (w->fn)
		w->fn(w);
	atomic_inc(&w->runs);
	complete(&w->done);
}

/* A work for ow; freed with the case. Call it from the case itself. */
struct orch_work *orch_work_new(struct kunit *test, struct orch_worker *ow,
				void (*fn)(struct orch_work *self))
{
	struct orch_case *c = test->priv;
	struct orch_work *w = kzalloc(sizeof(*w), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, w);
	kthread_init_delayed_work(&w->dwork, orch_work_main);
	w->on = ow;
	w->fn = fn;
	w->owner = c;
	init_completion(&w->begun);
	init_completion(&w->gate);
	init_completion(&w->done);
	mutex_lock(&c->lock);
	list_add_tail(&w->link, &c->works);
	mutex_unlock(&c->lock);
	return w;
}
EXPORT_SYMBOL_GPL(orch_work_new);

bool orch_work_queue(struct orch_work *w)
{
	return kthread_queue_work(w->on->kw, &w->dwork.work);
}
EXPORT_SYMBOL_GPL(orch_work_queue);

/* Wait for the end of one more execution. */
bool orch_work_wait(struct orch_work *w)
{
	return wait_for_completion_timeout(&w->done, ORCH_TIMEOUT);
}
EXPORT_SYMBOL_GPL(orch_work_wait);

/* A work function that keeps the worker busy until the gate opens. */
void orch_hold(struct orch_work *self)
{
	wait_for_completion_timeout(&self->gate, ORCH_TIMEOUT);
}
EXPORT_SYMBOL_GPL(orch_hold);

static void orch_cancel_fn(void *arg)
{
	kthread_cancel_delayed_work_sync(arg);
}

/* Nothing of the case may be queued, or come to be, when a worker goes. */
static bool orch_quiesce(struct orch_case *c)
{
	struct orch_work *w;
	bool quiet = true;

	list_for_each_entry(w, &c->works, link)
		complete_all(&w->gate);
	list_for_each_entry(w, &c->works, link) {
		if (w->on->kw && w->dwork.work.worker)
			quiet &= orch_bounded(orch_cancel_fn, &w->dwork);
	}
	return quiet;
}

void orch_end_workers(struct kunit *test)
{
	struct orch_case *c = test->priv;
	struct orch_worker *ow, *next_ow;
	struct orch_work *w, *next_w;

	if (!orch_quiesce(c)) {
		KUNIT_FAIL(test, "a work cannot be cancelled");
		return;
	}
	list_for_each_entry_safe(ow, next_ow, &c->workers, link) {
		if (ow->kw && !orch_worker_destroy(ow)) {
			KUNIT_FAIL(test, "%s (pid %d) cannot be destroyed",
				   ow->req.name, ow->task->pid);
			continue;
		}
		list_del(&ow->link);
		if (ow->task)
			put_task_struct(ow->task);
		kfree(ow);
	}
	if (!list_empty(&c->workers))
		return;
	list_for_each_entry_safe(w, next_w, &c->works, link) {
		list_del(&w->link);
		kfree(w);
	}
}
