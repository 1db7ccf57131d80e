/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of orch_core.ko share among themselves. */
#ifndef ORCH_CORE_PRIVATE_H
#define ORCH_CORE_PRIVATE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/prandom.h>
#include "orch_core.h"

/* All a running case owns; hangs on test->priv. */
struct orch_case {
	struct mutex lock;	/* the lists: a case may make threads in threads */
	struct list_head threads;
	struct list_head workers;
	struct list_head works;
	atomic_t works_run;
	char suite[ORCH_NAME_LEN];
	char param[ORCH_PARAM_LEN];
	struct rnd_state random;
};

void orch_fresh_init(void);

void orch_speed_init(void);
unsigned int orch_slow(unsigned int ms);

void orch_slab_init(void);
void orch_slab_exit(void);
void orch_slab_begin(const char *suite, const char *name);
void orch_slab_end(void);
bool orch_is_stuck(void);

void orch_fill_request(struct kunit *test, struct orch_request *req,
		       const char *kind, int node, int cpu, const char *name);
void orch_list_nodes(void);
void orch_describe_param(struct kunit *test, char *desc, size_t size);
void orch_kthreadd_init(void);
void orch_kthreadd_exit(void);
void orch_end_kthreadd(void);
void orch_end_threads(struct kunit *test);
void orch_end_workers(struct kunit *test);

#endif /* ORCH_CORE_PRIVATE_H */
