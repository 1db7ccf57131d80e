// SPDX-License-Identifier: GPL-2.0-only
/* orch_core: files as init sees them. */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/module.h>
#include <linux/path.h>
#include <linux/pid.h>
#include <linux/sched/task.h>
#include "core.h"

/* name: from init's root, which kthreads need not have. An ERR_PTR if not. */
struct file *orch_open_as_init(const char *name, int flags)
{
	struct task_struct *init = get_pid_task(find_vpid(1), PIDTYPE_PID);
	struct file *file = ERR_PTR(-ESRCH);
	struct path root = {};

	if (!init)
		return file;
	task_lock(init);
	if (init->fs)
		get_fs_root(init->fs, &root);
	task_unlock(init);
	put_task_struct(init);
	if (root.mnt) {
		file = file_open_root(&root, name, flags, 0);
		path_put(&root);
	}
	return file;
}
EXPORT_SYMBOL_GPL(orch_open_as_init);
