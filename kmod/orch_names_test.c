// SPDX-License-Identifier: GPL-2.0-only
/* Suite orch_names: what threads are called. */
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/module.h>
#include <linux/path.h>
#include <linux/pid.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uio.h>
#include "orch_core.h"

#ifndef ITER_DEST
#define ITER_DEST READ
#endif

#define LONG_NAME	"orch_a-name-that-comm-has-no-room-for"

static void expect_comm(struct kunit *test, struct task_struct *task,
			const char *want)
{
	char comm[TASK_COMM_LEN];

	memcpy(comm, task->comm, sizeof(comm));
	comm[TASK_COMM_LEN - 1] = '\0';
	KUNIT_EXPECT_STREQ(test, comm, want);
}

/* kthread_create_on_node(): the name is a format string and its arguments. */
static void name_is_formatted(struct kunit *test)
{
	struct orch_thread *t;
	struct task_struct *task;

	t = orch_thread_new(test, 0, -1, NULL, "orch_f/7-x%");
	KUNIT_ASSERT_NOT_NULL(test, t);
	task = kthread_create_on_node(orch_thread_main, t, 0, "orch_%s/%d-%c%%",
				      "f", 7, 'x');
	KUNIT_ASSERT_TRUE(test, orch_thread_made(t, task));
	expect_comm(test, t->task, "orch_f/7-x%");
}

/* An argument is not read as a format again. */
static void argument_is_no_format(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_%d%n");
	expect_comm(test, t->task, "orch_%d%n");
}

/* TASK_COMM_LEN is 16 with the NUL: 15 fit, the rest of a name is cut off. */
static void comm_is_cut(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_6789012345");
	expect_comm(test, t->task, "orch_6789012345");
	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_67890123456");
	expect_comm(test, t->task, "orch_6789012345");
	t = orch_thread_create(test, NUMA_NO_NODE, NULL, LONG_NAME);
	expect_comm(test, t->task, "orch_a-name-tha");
}

/*
 * Open name as init (pid 1) would. In some releases the root of kthreads is an
 * empty file system of their own.
 */
static struct file *open_as_init(const char *name)
{
	struct task_struct *init = get_pid_task(find_vpid(1), PIDTYPE_PID);
	struct file *file = ERR_PTR(-ESRCH);
	struct path root;

	if (!init)
		return file;
	task_lock(init);
	if (init->fs)
		get_fs_root(init->fs, &root);
	else
		root.dentry = NULL;
	task_unlock(init);
	put_task_struct(init);
	if (!root.dentry)
		return file;
	file = file_open_root(&root, name, O_RDONLY, 0);
	path_put(&root);
	return file;
}

/* Read /proc/<pid>/comm into line; 0 or a negative errno. */
static int read_proc_comm(pid_t pid, char *line, size_t size)
{
	struct kvec kvec = { .iov_base = line, .iov_len = size - 1 };
	struct iov_iter iter;
	struct kiocb kiocb;
	struct file *file;
	char name[32];
	ssize_t got;

	snprintf(name, sizeof(name), "proc/%d/comm", pid);
	file = open_as_init(name);
	if (IS_ERR(file))
		return PTR_ERR(file);
	/* kernel_read() wants ->read_iter; a seq_file may only have ->read. */
	got = -EOPNOTSUPP;
	if (file->f_op->read == seq_read) {
		init_sync_kiocb(&kiocb, file);
		iov_iter_kvec(&iter, ITER_DEST, &kvec, 1, kvec.iov_len);
		got = seq_read_iter(&kiocb, &iter);
	}
	filp_close(file, NULL);
	if (got < 0)
		return got;
	line[got] = '\0';
	strim(line);
	return 0;
}

/*
 * get_kthread_comm(), kernel/kthread.c: /proc shows the full name of a kthread
 * whose comm was cut.
 */
static void proc_shows_full_name(struct kunit *test)
{
	struct orch_thread *t;
	char line[64];
	int err;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, LONG_NAME);
	err = read_proc_comm(t->task->pid, line, sizeof(line));
	if (err)
		kunit_skip(test, "/proc/<pid>/comm cannot be read: %d", err);
	KUNIT_EXPECT_STREQ(test, line, LONG_NAME);
	/* The name is the kernel's own copy and stays while the thread runs. */
	KUNIT_ASSERT_TRUE(test, orch_thread_start(t));
	KUNIT_ASSERT_EQ(test, read_proc_comm(t->task->pid, line, sizeof(line)),
			0);
	KUNIT_EXPECT_STREQ(test, line, LONG_NAME);
}

/* kthread_create_on_cpu(): fills the CPU number into the name. */
static void thread_name_has_cpu(struct kunit *test)
{
	struct orch_thread *t;
	char want[TASK_COMM_LEN];
	int cpu;

	for_each_online_cpu(cpu) {
		t = orch_thread_create_on_cpu(test, cpu, "orch_on/%u");
		snprintf(want, sizeof(want), "orch_on/%d", cpu);
		expect_comm(test, t->task, want);
	}
}

/* kthread_create_worker*(): the task bears the worker's name. */
static void worker_names(struct kunit *test)
{
	struct orch_worker *ow;
	char want[TASK_COMM_LEN];
	int cpu;

	ow = orch_worker_create(test, NUMA_NO_NODE, 0, "orch_w");
	expect_comm(test, ow->task, "orch_w");
	ow = orch_worker_create(test, NUMA_NO_NODE, 0, LONG_NAME);
	expect_comm(test, ow->task, "orch_a-name-tha");
	for_each_online_cpu(cpu) {
		ow = orch_worker_create_on_cpu(test, cpu, "orch_wn/%u");
		snprintf(want, sizeof(want), "orch_wn/%d", cpu);
		expect_comm(test, ow->task, want);
	}
}

static struct kunit_case orch_names_cases[] = {
	KUNIT_CASE(name_is_formatted),
	KUNIT_CASE(argument_is_no_format),
	KUNIT_CASE(comm_is_cut),
	KUNIT_CASE(proc_shows_full_name),
	KUNIT_CASE(thread_name_has_cpu),
	KUNIT_CASE(worker_names),
	{}
};

static struct kunit_suite orch_names_suite = {
	.name = "orch_names",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_names_cases,
};

kunit_test_suite(orch_names_suite);

MODULE_DESCRIPTION("names of kthreads and kthread workers");
MODULE_LICENSE("GPL");
