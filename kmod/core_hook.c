// SPDX-License-Identifier: GPL-2.0-only
/* orch_core: probes on the kernel's tracepoints, found by name. */
#include <linux/module.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include "core.h"

struct search {
	struct orch_hook *hooks;
	unsigned int count;
};

static void note_tracepoint(struct tracepoint *tp, void *data)
{
	struct search *search = data;
	unsigned int i;

	for (i = 0; i < search->count; i++) {
		if (!strcmp(tp->name, search->hooks[i].name))
			search->hooks[i].tp = tp;
	}
}

/* Register all that this kernel has; hook->on tells which. */
void orch_hook_all(struct orch_hook *hooks, unsigned int count)
{
	struct search search = { .hooks = hooks, .count = count };
	unsigned int i;

	if (IS_ENABLED(CONFIG_TRACEPOINTS))
		for_each_kernel_tracepoint(note_tracepoint, &search);
	for (i = 0; i < count; i++) {
		if (hooks[i].tp)
			hooks[i].on = !tracepoint_probe_register(hooks[i].tp,
								 hooks[i].probe,
								 NULL);
	}
}
EXPORT_SYMBOL_GPL(orch_hook_all);

/* On return no probe runs any more. */
void orch_unhook_all(struct orch_hook *hooks, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (hooks[i].on)
			tracepoint_probe_unregister(hooks[i].tp, hooks[i].probe,
						    NULL);
		hooks[i].on = false;
	}
	tracepoint_synchronize_unregister();
}
EXPORT_SYMBOL_GPL(orch_unhook_all);
