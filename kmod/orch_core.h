/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites share: making threads and workers that are traced, that
 * report where they landed, and that are gone when a case ends, however it
 * ends.
 *
 * Rules of the house:
 *  - Expectations belong in the case's own thread. KUnit ends the *current*
 *    thread on a failed assertion, so threads and works only record.
 *  - Threads, workers and works belong to the running case. orch_end(), the
 *    .exit of each suite, stops and frees what a case left behind.
 *  - Each wait has an end (ORCH_TIMEOUT): a lost wake-up is a failed case, and
 *    if that leaves a call blocked, the cases after it fail at once.
 */
#ifndef ORCH_CORE_H
#define ORCH_CORE_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/numa.h>
#include <linux/sched.h>
#include <linux/tracepoint.h>
#include <kunit/test.h>

/* The end of each wait, jiffies: parameter timeout_ms of orch_core. */
#define ORCH_TIMEOUT	orch_timeout()
unsigned long orch_timeout(void);

/* How long a call is left waiting, ms, to see whether it has a limit. */
unsigned int orch_patience(void);

#define ORCH_NAME_LEN	64
#define ORCH_KIND_LEN	8
#define ORCH_PARAM_LEN	16
#define ORCH_STACK_LEN	128

/*
 * 6.14 gave the worker API a node, stopped waking new workers and added
 * kthread_run_worker() in one series. Threads have been affine to their node
 * since that series too.
 */
#ifdef kthread_run_worker
#define ORCH_WORKER_TAKES_NODE	1
#define ORCH_WORKER_IS_BORN_STOPPED	1
#else
#define ORCH_WORKER_TAKES_NODE	0
#define ORCH_WORKER_IS_BORN_STOPPED	0
#endif

#ifdef ORCH_HAS_AFFINE_PREFERRED
#define ORCH_NODE_IS_AFFINITY	1
#else
#define ORCH_NODE_IS_AFFINITY	0
#endif

#ifdef ORCH_WAIT_WOKEN_HEEDS_PARK
#define ORCH_WAIT_WOKEN_PARKS	1
#else
#define ORCH_WAIT_WOKEN_PARKS	0
#endif

#ifdef ORCH_HAS_AFFN_STRICT
#define ORCH_UNBOUND_IS_ANY_CPU	1
#else
#define ORCH_UNBOUND_IS_ANY_CPU	0
#endif

struct orch_case;

/* What is asked of kernel/kthread.c; node and cpu are -1 for "any". */
struct orch_request {
	unsigned int id;
	int node;
	int cpu;
	char suite[ORCH_NAME_LEN];
	char kind[ORCH_KIND_LEN];
	char name[ORCH_NAME_LEN];
};

/* What a thread found about itself while it ran. */
struct orch_place {
	pid_t pid;
	int task_node;
	int stack_node;
	int cpu;
	int cpu_node;
	struct cpumask allowed;
};

/* A thread made by kthread_create*(). */
struct orch_thread {
	struct list_head link;
	struct orch_request req;
	int (*fn)(struct orch_thread *self);
	void *data;			/* for fn */
	int result;			/* what a thread without fn returns */
	struct task_struct *task;	/* referenced; NULL: not created */
	struct completion ran;		/* all waiters, once it has begun */
	atomic_t runs;
	struct orch_place place;	/* valid after ran */
	bool stopped;
};

/* A worker made by kthread_create_worker*(). */
struct orch_worker {
	struct list_head link;
	struct orch_request req;
	struct kthread_worker *kw;	/* NULL: not created, or destroyed */
	struct task_struct *task;	/* referenced; NULL: not created */
	atomic_t placed;
};

/* A work, delayed or not, for one worker. */
struct orch_work {
	struct list_head link;
	struct kthread_delayed_work dwork;
	struct orch_case *owner;
	struct orch_worker *on;
	void (*fn)(struct orch_work *self);
	void *data;			/* for fn */
	struct completion begun;	/* once an execution */
	struct completion gate;		/* what orch_hold() waits for */
	struct completion done;		/* once an execution */
	atomic_t runs;
	unsigned int rank;		/* how many works had run before */
	unsigned long ran_at;		/* jiffies of the last execution */
	struct orch_place place;	/* of the last execution */
};

int orch_begin(struct kunit *test, const char *module);
void orch_end(struct kunit *test);
/* Below ceil; the same numbers for the same seed. The case's thread only. */
u32 orch_random(struct kunit *test, u32 ceil);

static inline int orch_suite_init(struct kunit *test)
{
	return orch_begin(test, KBUILD_MODNAME);
}

/*
 * Parameter generator: one run of the case for each online node. Since 6.18
 * generators are also given the test; the macro tested came with that.
 */
#ifdef KUNIT_CASE_PARAM_WITH_INIT
const void *orch_gen_nodes(struct kunit *test, const void *prev, char *desc);
#else
const void *orch_gen_nodes(const void *prev, char *desc);
#endif

static inline int orch_node_param(struct kunit *test)
{
	return *(const int *)test->param_value;
}

/* Threads: new → made (or create, which is both) → stop. */
struct orch_thread *orch_thread_new(struct kunit *test, int node, int cpu,
				    int (*fn)(struct orch_thread *self),
				    const char *name);
bool orch_thread_made(struct orch_thread *t, struct task_struct *task);
int orch_thread_main(void *data);
struct orch_thread *orch_thread_create(struct kunit *test, int node,
				       int (*fn)(struct orch_thread *self),
				       const char *name);
struct orch_thread *orch_thread_create_on_cpu(struct kunit *test, int cpu,
					      const char *namefmt);
bool orch_thread_start(struct orch_thread *t);
int orch_thread_stop(struct orch_thread *t);
void orch_wait_for_stop(void);

/* Workers and works. */
struct orch_worker *orch_worker_new(struct kunit *test, int node, int cpu,
				    const char *name);
bool orch_worker_made(struct orch_worker *ow, struct kthread_worker *kw);
struct orch_worker *orch_worker_create(struct kunit *test, int node,
				       unsigned int flags, const char *name);
struct orch_worker *orch_worker_run(struct kunit *test, int node,
				    unsigned int flags, const char *name);
struct orch_worker *orch_worker_create_on_cpu(struct kunit *test, int cpu,
					      const char *namefmt);
bool orch_worker_destroy(struct orch_worker *ow);
struct orch_work *orch_work_new(struct kunit *test, struct orch_worker *ow,
				void (*fn)(struct orch_work *self));
bool orch_work_queue(struct orch_work *w);
bool orch_work_wait(struct orch_work *w);
void orch_hold(struct orch_work *self);

/* Makes the nth allocation that task tries from now on fail; 0: none. */
static inline void orch_fail_nth(struct task_struct *task, unsigned int nth)
{
#ifdef CONFIG_FAULT_INJECTION
	WRITE_ONCE(task->fail_nth, nth);
#endif
}

void orch_need_faults(struct kunit *test);

/* How many it has yet to try before one fails; 0: one has failed. */
static inline unsigned int orch_fail_left(struct task_struct *task)
{
#ifdef CONFIG_FAULT_INJECTION
	return READ_ONCE(task->fail_nth);
#else
	return 0;
#endif
}

/* A probe on the tracepoint called name; its first argument is NULL. */
struct orch_hook {
	const char *name;
	void *probe;
	struct tracepoint *tp;
	bool on;
};

void orch_hook_all(struct orch_hook *hooks, unsigned int count);
void orch_unhook_all(struct orch_hook *hooks, unsigned int count);

/*
 * Where kthreadd can be made to wait: with a thread cloned that has not run,
 * or with a failure it has taken note of but not told. For the latter the
 * thread must be called ORCH_HELD_NAME.
 */
enum orch_hold_point { ORCH_HOLD_CLONED, ORCH_HOLD_FAILED, ORCH_HOLD_POINTS };
#define ORCH_HELD_NAME	"orch_hl"

struct task_struct *orch_kthreadd(void);
int orch_kthreadd_pin(struct kunit *test);
int orch_kthreadd_confine(struct kunit *test);
void orch_need_hold(struct kunit *test, enum orch_hold_point point);
void orch_hold_kthreadd(struct kunit *test, enum orch_hold_point point);
bool orch_kthreadd_is_held(enum orch_hold_point point, struct completion *other);
bool orch_release_kthreadd(enum orch_hold_point point);

/* As if there were too many threads already, until allowed or the case ends. */
void orch_forbid_threads(struct kunit *test);
bool orch_allow_threads(void);

/* CPUs that go; all are back when a case ends. */
int orch_removable_cpu(struct kunit *test);
int orch_try_take_cpu(int cpu);
void orch_take_cpu(struct kunit *test, int cpu);
bool orch_bring_cpus_back(void);

/* Threads and workers that tell where they are while CPUs come and go. */
struct orch_thread *orch_follower(struct kunit *test, int node,
				  const char *name);
void orch_follower_start(struct kunit *test, struct orch_thread *t);
void orch_follower_ask(struct kunit *test, struct orch_thread *t);
struct orch_worker *orch_follower_worker(struct kunit *test, int node,
					 const char *name);
void orch_follower_expect_work(struct kunit *test, struct orch_worker *ow,
			       int node);

/* Parts that come to the machine, and go. */
#ifdef KUNIT_CASE_PARAM_WITH_INIT
const void *orch_gen_plugs(struct kunit *test, const void *prev, char *desc);
#else
const void *orch_gen_plugs(const void *prev, char *desc);
#endif
void orch_need_plugs(struct kunit *test);
int orch_plug_next(void);

/* A file from init's root, which kthreads need not have; an ERR_PTR if not. */
struct file *orch_open_as_init(const char *name, int flags);

/* Threads called name, cut as comm is, that exist. */
int orch_count_threads(const char *name);
/* Wait until no more than want of them do. */
bool orch_threads_go(const char *name, int want);

/* A call that waits for a work, a worker or a thread, in one of its own. */
struct orch_waiter {
	void (*fn)(struct orch_waiter *call);
	struct orch_thread *thread;	/* which makes it */
	struct orch_work *work;
	struct kthread_worker *kw;
	struct orch_thread *target;
	int returned;			/* what the call returned */
	struct completion done;
};

struct orch_waiter *orch_waiter_start(struct kunit *test, struct orch_work *w,
				      void (*fn)(struct orch_waiter *call));
struct orch_waiter *orch_waiter_begin(struct kunit *test, struct orch_work *w,
				      void (*fn)(struct orch_waiter *call));
struct orch_waiter *orch_waiter_on_thread(struct kunit *test,
					  struct orch_thread *target,
					  void (*fn)(struct orch_waiter *call));
void orch_call_flush_worker(struct orch_waiter *call);
void orch_call_flush_work(struct orch_waiter *call);
void orch_call_cancel_work(struct orch_waiter *call);
void orch_call_destroy_worker(struct orch_waiter *call);
void orch_waiter_finish(struct kunit *test, struct orch_waiter *call);
struct orch_work *orch_work_hold(struct kunit *test, struct orch_worker *ow);

/* Calls that may block for good, with an end: false means still blocked. */
bool orch_bounded(void (*fn)(void *arg), void *arg);
bool orch_wait_state(struct task_struct *task, unsigned int state);

/* Wait until task has no more than want references; exiting drops some late. */
bool orch_wait_refs(struct task_struct *task, unsigned int want);

/* Where things are, and where they should be. */
void orch_record(struct orch_place *place);
int orch_stack_node(struct task_struct *task, unsigned int page);
int orch_task_node(struct task_struct *task);
void orch_promised_cpus(int node, struct cpumask *cpus);
void orch_expect_memory(struct kunit *test, struct task_struct *task,
			int node);
void orch_expect_cpus(struct kunit *test, const struct orch_place *place,
		      int node);

#endif /* ORCH_CORE_H */
