// SPDX-License-Identifier: GPL-2.0-only
/*
 * orch_core: what kernel/kthread.c allocated for a case and nobody freed.
 *
 * Objects are noted when a thread of the case, or kthreadd, allocates them
 * from a function of kernel/kthread.c, or when kthreadd clones a thread; they
 * are forgotten when freed. Tasks are freed late (delayed_put_task_struct()),
 * so the account is settled when the first suite's module goes, after the last
 * case. kmemleak looks for pointers, here the book is kept: what something
 * stale still points to is lost all the same.
 */
#include <linux/delay.h>
#include <linux/hash.h>
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/stacktrace.h>
#include <linux/string.h>
#include "core.h"
#include "orch_trace.h"

#define OBJECTS		4096
#define BUCKET_BITS	10
#define SITE_BITS	9
#define CASES		1024
#define FRAMES		12
#define SHOWN_FRAMES	4
/* The probe and the tracepoint's own functions. */
#define SKIPPED_FRAMES	2

struct object {
	const void *ptr;
	size_t size;
	unsigned long site;		/* who called the allocator */
	unsigned int batch;		/* clone of kthreadd's, 0: others */
	unsigned short owner;		/* case */
	short next;			/* in the bucket or the free list; -1 */
	unsigned char depth;
	unsigned long stack[FRAMES];
};

struct owner {
	char suite[ORCH_NAME_LEN];
	char name[ORCH_NAME_LEN];
};

static DEFINE_RAW_SPINLOCK(lock);	/* all below */
static struct object *objects;
static short buckets[1 << BUCKET_BITS];
static short free_list;
/* Learnt by name: address << 1 | whether its allocations are noted. */
static unsigned long sites[1 << SITE_BITS];
static struct owner owners[CASES];
static unsigned int owner_count;
static unsigned int batch = 1;
static unsigned int missed;
static struct task_struct *case_task;	/* NULL: no case is open */

static bool is_kthread_c(const char *name)
{
	return str_has_prefix(name, "kthread") ||
	       str_has_prefix(name, "__kthread") ||
	       str_has_prefix(name, "create_kthread") ||
	       str_has_prefix(name, "set_kthread_struct") ||
	       str_has_prefix(name, "copy_process") ||
	       str_has_prefix(name, "dup_task_struct");
}

static bool site_is_ours(unsigned long ip)
{
	unsigned long *site = &sites[hash_long(ip, SITE_BITS)];
	unsigned long known = READ_ONCE(*site);
	char name[KSYM_SYMBOL_LEN];
	bool ours;

	/* One bit of an address can be done without. */
	if (known >> 1 == ip << 1 >> 1)
		return known & 1;
	sprint_symbol_no_offset(name, ip);
	ours = is_kthread_c(name);
	WRITE_ONCE(*site, ip << 1 | ours);
	return ours;
}

static bool is_of_case(struct task_struct *task)
{
	void *fn;

	if (task == READ_ONCE(case_task) || task == orch_kthreadd())
		return true;
	fn = kthread_func(task);
	return fn == orch_thread_main || fn == kthread_worker_fn;
}

static void forget(const void *ptr)
{
	short *link = &buckets[hash_ptr(ptr, BUCKET_BITS)];

	for (; *link >= 0; link = &objects[*link].next) {
		struct object *o = &objects[*link];
		short index = *link;

		if (o->ptr != ptr)
			continue;
		*link = o->next;
		o->ptr = NULL;
		o->next = free_list;
		free_list = index;
		return;
	}
}

static void note(const void *ptr, size_t size, unsigned long site)
{
	short *head = &buckets[hash_ptr(ptr, BUCKET_BITS)];
	struct object *o;
	unsigned long flags;
	short index;

	raw_spin_lock_irqsave(&lock, flags);
	forget(ptr);
	index = free_list;
	if (index < 0) {
		missed++;
	} else {
		o = &objects[index];
		free_list = o->next;
		o->ptr = ptr;
		o->size = size;
		o->site = site;
		o->batch = current == orch_kthreadd() ? batch : 0;
		o->owner = owner_count - 1;
		o->depth = stack_trace_save(o->stack, FRAMES, SKIPPED_FRAMES);
		o->next = *head;
		*head = index;
	}
	raw_spin_unlock_irqrestore(&lock, flags);
}

static bool is_wanted(const void *ptr, unsigned long site)
{
	return READ_ONCE(case_task) && ptr && in_task() && is_of_case(current) &&
	       site_is_ours(site);
}

static void on_kmalloc(void *data, unsigned long site, const void *ptr,
		       size_t bytes_req)
{
	if (is_wanted(ptr, site))
		note(ptr, bytes_req, site);
}

static void on_cache_alloc(void *data, unsigned long site, const void *ptr,
			   struct kmem_cache *cache)
{
	if (is_wanted(ptr, site))
		note(ptr, kmem_cache_size(cache), site);
}

static void on_free(void *data, unsigned long site, const void *ptr)
{
	unsigned long flags;

	if (!ptr || READ_ONCE(buckets[hash_ptr(ptr, BUCKET_BITS)]) < 0)
		return;
	raw_spin_lock_irqsave(&lock, flags);
	forget(ptr);
	raw_spin_unlock_irqrestore(&lock, flags);
}

/* A clone is complete; what it took is a case's only if the thread is. */
static void on_newtask(void *data, struct task_struct *task, u64 clone_flags)
{
	unsigned long flags;
	int i;

	if (current != orch_kthreadd())
		return;
	raw_spin_lock_irqsave(&lock, flags);
	if (!str_has_prefix(task->comm, "orch_")) {
		for (i = 0; i < OBJECTS; i++) {
			if (objects[i].ptr && objects[i].batch == batch)
				forget(objects[i].ptr);
		}
	}
	batch = batch + 1 ?: 1;
	raw_spin_unlock_irqrestore(&lock, flags);
}

static struct orch_hook hooks[] = {
	{ .name = "kmalloc", .probe = on_kmalloc },
	{ .name = "kmem_cache_alloc", .probe = on_cache_alloc },
	{ .name = "kfree", .probe = on_free },
	{ .name = "kmem_cache_free", .probe = on_free },
	{ .name = "task_newtask", .probe = on_newtask },
};

/* From now on allocations are the case's. */
void orch_slab_begin(const char *suite, const char *name)
{
	struct owner *owner;

	if (!objects || owner_count == CASES)
		return;
	owner = &owners[owner_count++];
	strscpy(owner->suite, suite, sizeof(owner->suite));
	strscpy(owner->name, name, sizeof(owner->name));
	WRITE_ONCE(case_task, current);
}

void orch_slab_end(void)
{
	WRITE_ONCE(case_task, NULL);
}

static int count_objects(void)
{
	int i, count = 0;

	for (i = 0; i < OBJECTS; i++)
		count += !!READ_ONCE(objects[i].ptr);
	return count;
}

/* "kmalloc's caller<its caller<...", from the first function of ours on. */
static void show_stack_of(const struct object *o, char *text, size_t size)
{
	char name[KSYM_SYMBOL_LEN];
	int i, shown = 0;
	size_t len = 0;

	text[0] = '\0';
	for (i = 0; i < o->depth && shown < SHOWN_FRAMES; i++) {
		sprint_symbol_no_offset(name, o->stack[i]);
		/* "function [module]": values of events hold no blanks. */
		*strchrnul(name, ' ') = '\0';
		if (!shown && !is_kthread_c(name))
			continue;
		len += scnprintf(text + len, size - len, "%s%s",
				 shown++ ? "<" : "", name);
	}
	if (!shown)
		sprint_symbol_no_offset(text, o->site);
}

static bool is_alike(const struct object *a, const struct object *b)
{
	return a->owner == b->owner && a->size == b->size && a->site == b->site;
}

static void report(void)
{
	char stack[ORCH_STACK_LEN + KSYM_SYMBOL_LEN];
	int i, k, count;

	for (i = 0; i < OBJECTS; i++) {
		if (!objects[i].ptr)
			continue;
		count = 1;
		for (k = i + 1; k < OBJECTS; k++) {
			if (objects[k].ptr && is_alike(&objects[i], &objects[k])) {
				objects[k].ptr = NULL;
				count++;
			}
		}
		show_stack_of(&objects[i], stack, ORCH_STACK_LEN);
		trace_orch_left(owners[objects[i].owner].suite,
				owners[objects[i].owner].name,
				objects[i].size, count, stack);
	}
}

static void reset(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(buckets); i++)
		buckets[i] = -1;
	for (i = 0; i < OBJECTS; i++) {
		objects[i].ptr = NULL;
		objects[i].next = i + 1 < OBJECTS ? i + 1 : -1;
	}
	free_list = 0;
	owner_count = 0;
	missed = 0;
}

/* The suites are over: tell what is left of them. */
static int on_module(struct notifier_block *nb, unsigned long state, void *data)
{
	unsigned long flags;
	int tries;

	if (state != MODULE_STATE_GOING || !owner_count)
		return NOTIFY_DONE;
	for (tries = 0; count_objects() && tries < 50; tries++) {
		if (tries == 25)
			rcu_barrier();
		usleep_range(1000, 2000);
	}
	if (missed)
		pr_warn("%u allocations are not accounted for\n", missed);
	/* Frees must not run into the list while it is told. */
	raw_spin_lock_irqsave(&lock, flags);
	if (!orch_is_stuck())
		report();
	reset();
	raw_spin_unlock_irqrestore(&lock, flags);
	return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = on_module };

/* Without memory or tracepoints there is no account. */
void orch_slab_init(void)
{
	int i;

	objects = kvcalloc(OBJECTS, sizeof(*objects), GFP_KERNEL);
	if (!objects)
		return;
	reset();
	orch_hook_all(hooks, ARRAY_SIZE(hooks));
	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		if (!hooks[i].on)
			break;
	}
	if (i == ARRAY_SIZE(hooks) && !register_module_notifier(&notifier))
		return;
	orch_unhook_all(hooks, ARRAY_SIZE(hooks));
	kvfree(objects);
	objects = NULL;
}

void orch_slab_exit(void)
{
	if (!objects)
		return;
	unregister_module_notifier(&notifier);
	orch_unhook_all(hooks, ARRAY_SIZE(hooks));
	kvfree(objects);
}
