// SPDX-License-Identifier: GPL-2.0-only
/* orch_core: threads of a case. */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/topology.h>
#include "core.h"
#include "orch_trace.h"

void orch_wait_for_stop(void)
{
	set_current_state(TASK_INTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_INTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
}
EXPORT_SYMBOL_GPL(orch_wait_for_stop);

/* The threadfn of all threads; data is the struct orch_thread. */
int orch_thread_main(void *data)
{
	struct orch_thread *t = data;

	orch_record(&t->place);
	trace_orch_placed(&t->req, &t->place);
	atomic_inc(&t->runs);
	complete_all(&t->ran);
	if (t->fn)
		return t->fn(t);
	orch_wait_for_stop();
	return t->result;
}
EXPORT_SYMBOL_GPL(orch_thread_main);

/*
 * The record of a thread about to be asked for, or NULL. May be called, like
 * orch_thread_made(), in any thread of the case; asserts nothing.
 */
struct orch_thread *orch_thread_new(struct kunit *test, int node, int cpu,
				    int (*fn)(struct orch_thread *self),
				    const char *name)
{
	struct orch_case *c = test->priv;
	struct orch_thread *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return NULL;
	t->fn = fn;
	init_completion(&t->ran);
	mutex_lock(&c->lock);
	list_add_tail(&t->link, &c->threads);
	mutex_unlock(&c->lock);
	orch_fill_request(test, &t->req, "thread", node, cpu, name);
	return t;
}
EXPORT_SYMBOL_GPL(orch_thread_new);

/* Note what the call returned for t; false if that was an error. */
bool orch_thread_made(struct orch_thread *t, struct task_struct *task)
{
	if (IS_ERR(task)) {
		trace_orch_created(&t->req, 0, PTR_ERR(task));
		return false;
	}
	t->task = get_task_struct(task);
	trace_orch_created(&t->req, task->pid, 0);
	return true;
}
EXPORT_SYMBOL_GPL(orch_thread_made);

/* A thread for node, not yet woken. Call it from the case itself. */
struct orch_thread *orch_thread_create(struct kunit *test, int node,
				       int (*fn)(struct orch_thread *self),
				       const char *name)
{
	struct orch_thread *t = orch_thread_new(test, node, -1, fn, name);
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(test, t);
	task = kthread_create_on_node(orch_thread_main, t, node, "%s", name);
	KUNIT_ASSERT_TRUE_MSG(test, orch_thread_made(t, task),
			      "creating %s for node %d: %ld", name, node,
			      PTR_ERR(task));
	return t;
}
EXPORT_SYMBOL_GPL(orch_thread_create);

/* A thread bound to cpu, not yet woken; namefmt holds one %u. */
struct orch_thread *orch_thread_create_on_cpu(struct kunit *test, int cpu,
					      const char *namefmt)
{
	struct orch_thread *t = orch_thread_new(test, cpu_to_node(cpu), cpu,
						NULL, namefmt);
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(test, t);
	task = kthread_create_on_cpu(orch_thread_main, t, cpu, namefmt);
	KUNIT_ASSERT_TRUE_MSG(test, orch_thread_made(t, task),
			      "creating %s on CPU %d: %ld", namefmt, cpu,
			      PTR_ERR(task));
	return t;
}
EXPORT_SYMBOL_GPL(orch_thread_create_on_cpu);

/* Wake t and wait until its function has begun; false: it did not in time. */
bool orch_thread_start(struct orch_thread *t)
{
	wake_up_process(t->task);
	return wait_for_completion_timeout(&t->ran, ORCH_TIMEOUT);
}
EXPORT_SYMBOL_GPL(orch_thread_start);

static void orch_thread_stop_fn(void *arg)
{
	struct orch_thread *t = arg;

	t->result = kthread_stop(t->task);
}

/*
 * What kthread_stop() returns, or -ETIME if it did not return in time; t
 * counts as stuck then and is never freed.
 */
int orch_thread_stop(struct orch_thread *t)
{
	if (!orch_bounded(orch_thread_stop_fn, t))
		return -ETIME;
	t->stopped = true;
	return t->result;
}
EXPORT_SYMBOL_GPL(orch_thread_stop);

int orch_count_threads(const char *name)
{
	struct task_struct *p;
	int found = 0;

	rcu_read_lock();
	for_each_process(p)
		found += !strncmp(p->comm, name, TASK_COMM_LEN - 1);
	rcu_read_unlock();
	return found;
}
EXPORT_SYMBOL_GPL(orch_count_threads);

bool orch_threads_go(const char *name, int want)
{
	unsigned long end = jiffies + ORCH_TIMEOUT;

	while (orch_count_threads(name) > want) {
		if (time_after(jiffies, end))
			return false;
		usleep_range(200, 1000);
	}
	return true;
}
EXPORT_SYMBOL_GPL(orch_threads_go);

void orch_end_threads(struct kunit *test)
{
	struct orch_case *c = test->priv;
	struct orch_thread *t, *next;

	list_for_each_entry_safe(t, next, &c->threads, link) {
		if (t->task && !t->stopped)
			orch_thread_stop(t);
		if (t->task && !t->stopped) {
			KUNIT_FAIL(test, "%s (pid %d) does not stop",
				   t->req.name, t->task->pid);
			continue;
		}
		list_del(&t->link);
		if (t->task)
			put_task_struct(t->task);
		kfree(t);
	}
}
