// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compiled with debug info and kbuild's own command for kernel/kthread.c, so
 * that drgn knows the structures of a kernel built without. struct kthread is
 * private to that file. Never linked.
 */
#include "kernel/kthread.c"
#include <linux/mmzone.h>
#include <linux/module.h>
#include <asm/ptrace.h>
#include <asm/switch_to.h>

struct orch_types {
	struct task_struct *task;
	struct kthread *kthread;
	struct kthread_worker *worker;
	struct kthread_delayed_work *delayed;
	struct module *module;
	struct pglist_data *node;
	struct inactive_task_frame *frame;
	struct pt_regs *regs;
};

struct orch_types orch_types;
