// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kthread.h>
#include <linux/module.h>

static int node;
module_param(node, int, 0444);
static bool warn;
module_param(warn, bool, 0444);
static struct task_struct *task;

static int loop(void *unused)
{
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ);
	return 0;
}

static int __init hello_init(void)
{
	if (warn)
		WARN(1, "asked for\n");
	task = kthread_create_on_node(loop, NULL, node, "hello/%d", node);
	if (IS_ERR(task))
		return PTR_ERR(task);
	wake_up_process(task);
	pr_info("hello: on node %d\n", node);
	return 0;
}

static void __exit hello_exit(void)
{
	kthread_stop(task);
}

module_init(hello_init);
module_exit(hello_exit);
MODULE_DESCRIPTION("a thread on a node");
MODULE_LICENSE("GPL");
