// SPDX-License-Identifier: GPL-2.0-only
/* orch_core: the limit of threads, lowered for a case and back when it ends. */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include "core.h"

#define THREADS_MAX	"proc/sys/kernel/threads-max"
/* The least it may be set to: MIN_THREADS of kernel/fork.c. */
#define FEWEST		20

static int usual;		/* 0: not lowered */

static int count_threads(void)
{
	struct task_struct *p, *t;
	int count = 0;

	rcu_read_lock();
	for_each_process_thread(p, t)
		count++;
	rcu_read_unlock();
	return count;
}

static bool write_limit(int limit)
{
	struct file *file = orch_open_as_init(THREADS_MAX, O_WRONLY);
	loff_t at = 0;
	char text[16];
	ssize_t len = scnprintf(text, sizeof(text), "%d\n", limit);
	ssize_t wrote;

	if (IS_ERR(file))
		return false;
	wrote = kernel_write(file, text, len, &at);
	filp_close(file, NULL);
	return wrote == len;
}

/* What it is now, 0 if that cannot be read. */
static int read_limit(void)
{
	struct file *file = orch_open_as_init(THREADS_MAX, O_RDONLY);
	char text[16] = "";
	loff_t at = 0;
	int limit = 0;

	if (IS_ERR(file))
		return 0;
	if (kernel_read(file, text, sizeof(text) - 1, &at) <= 0 ||
	    sscanf(text, "%d", &limit) != 1)
		limit = 0;
	filp_close(file, NULL);
	return limit;
}

/* No thread may be made from now on; skips where that cannot be brought about. */
void orch_forbid_threads(struct kunit *test)
{
	if (count_threads() <= FEWEST)
		kunit_skip(test, "there are no more than %d threads", FEWEST);
	usual = read_limit();
	if (!usual || !write_limit(FEWEST)) {
		usual = 0;
		kunit_skip(test, "/%s cannot be set", THREADS_MAX);
	}
}
EXPORT_SYMBOL_GPL(orch_forbid_threads);

/* Back to the usual limit; false: it cannot be set. */
bool orch_allow_threads(void)
{
	bool done = !usual || write_limit(usual);

	usual = 0;
	return done;
}
EXPORT_SYMBOL_GPL(orch_allow_threads);
