/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace events of the suites (system "orchestrate").
 *
 * orch_case and orch_case_end are the two ends of a case, before its first and
 * after its last act; cases run one at a time.
 *
 * orch_left follows when a suite is unloaded, one for each place of kernel/
 * kthread.c whose memory was not freed: case as above, size of an object in
 * bytes, count of them, stack as caller<its caller.
 *
 * A thread or worker that a suite makes through orch_core leaves one
 * orch_request before the call into kernel/kthread.c, one orch_created after
 * it, and one orch_placed from inside the new thread if it gets to run. A
 * worker also leaves one orch_work for each work it executes. Values hold no
 * white space, so that "name=value" pairs can be split at blanks.
 *
 * id        counts requests since orch_core was loaded; joins the events
 * suite     KUnit suite that asks, e.g. orch_create
 * case      KUnit case, the name of its function
 * param     its parameter, such as node1; - for none
 * kind      thread, or worker for a kthread_worker
 * node      node given to the call, -1 for NUMA_NO_NODE
 * cpu       (orch_request) CPU the thread is to be bound to, -1 for none
 * pid       of the new thread; 0 in orch_created if the call failed; of the
 *           thread KUnit runs the case in (orch_case)
 * err       0, or the negative errno the call returned
 * asked     same as node: where memory and, if promised, CPUs are expected
 * task_node node of the task_struct's memory
 * stack_node node of the first page of the kernel stack
 * cpu       (orch_placed, orch_work) CPU the thread was running on
 * cpu_node  node of that CPU
 * name      full name asked for, not cut to TASK_COMM_LEN
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM orchestrate

#if !defined(ORCH_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define ORCH_TRACE_H

#include <linux/tracepoint.h>
#include "orch_core.h"

DECLARE_EVENT_CLASS(orch_case_class,
		    TP_PROTO(const char *suite, const char *name, const char *param),

		    TP_ARGS(suite, name, param),

		    TP_STRUCT__entry(__field(pid_t, pid)
				     __array(char, suite, ORCH_NAME_LEN)
				     __array(char, name, ORCH_NAME_LEN)
				     __array(char, param, ORCH_PARAM_LEN)
		    ),

		    TP_fast_assign(__entry->pid = current->pid;
				   strscpy(__entry->suite, suite, ORCH_NAME_LEN);
				   strscpy(__entry->name, name, ORCH_NAME_LEN);
				   strscpy(__entry->param, param, ORCH_PARAM_LEN);
		    ),

		    TP_printk("suite=%s case=%s param=%s pid=%d",
			      __entry->suite, __entry->name, __entry->param, __entry->pid)
);

DEFINE_EVENT(orch_case_class, orch_case,
	     TP_PROTO(const char *suite, const char *name, const char *param),
	     TP_ARGS(suite, name, param)
);

DEFINE_EVENT(orch_case_class, orch_case_end,
	     TP_PROTO(const char *suite, const char *name, const char *param),
	     TP_ARGS(suite, name, param)
);

TRACE_EVENT(orch_left,
	    TP_PROTO(const char *suite, const char *name, size_t size,
		     unsigned int count, const char *stack),

	    TP_ARGS(suite, name, size, count, stack),

	    TP_STRUCT__entry(__field(size_t, size)
			     __field(unsigned int, count)
			     __array(char, suite, ORCH_NAME_LEN)
			     __array(char, name, ORCH_NAME_LEN)
			     __array(char, stack, ORCH_STACK_LEN)
	    ),

	    TP_fast_assign(__entry->size = size;
			   __entry->count = count;
			   strscpy(__entry->suite, suite, ORCH_NAME_LEN);
			   strscpy(__entry->name, name, ORCH_NAME_LEN);
			   strscpy(__entry->stack, stack, ORCH_STACK_LEN);
	    ),

	    TP_printk("suite=%s case=%s size=%zu count=%u stack=%s",
		      __entry->suite, __entry->name, __entry->size,
		      __entry->count, __entry->stack)
);

TRACE_EVENT(orch_request,
	    TP_PROTO(const struct orch_request *req),

	    TP_ARGS(req),

	    TP_STRUCT__entry(__field(unsigned int, id)
			     __field(int, node)
			     __field(int, cpu)
			     __array(char, suite, ORCH_NAME_LEN)
			     __array(char, kind, ORCH_KIND_LEN)
			     __array(char, name, ORCH_NAME_LEN)
	    ),

	    TP_fast_assign(__entry->id = req->id;
			   __entry->node = req->node;
			   __entry->cpu = req->cpu;
			   memcpy(__entry->suite, req->suite, ORCH_NAME_LEN);
			   memcpy(__entry->kind, req->kind, ORCH_KIND_LEN);
			   memcpy(__entry->name, req->name, ORCH_NAME_LEN);
	    ),

	    TP_printk("id=%u suite=%s kind=%s node=%d cpu=%d name=%s",
		      __entry->id, __entry->suite, __entry->kind, __entry->node,
		      __entry->cpu, __entry->name)
);

TRACE_EVENT(orch_created,
	    TP_PROTO(const struct orch_request *req, pid_t pid, long err),

	    TP_ARGS(req, pid, err),

	    TP_STRUCT__entry(__field(unsigned int, id)
			     __field(pid_t, pid)
			     __field(long, err)
	    ),

	    TP_fast_assign(__entry->id = req->id;
			   __entry->pid = pid;
			   __entry->err = err;
	    ),

	    TP_printk("id=%u pid=%d err=%ld",
		      __entry->id, __entry->pid, __entry->err)
);

TRACE_EVENT(orch_placed,
	    TP_PROTO(const struct orch_request *req,
		     const struct orch_place *place),

	    TP_ARGS(req, place),

	    TP_STRUCT__entry(__field(unsigned int, id)
			     __field(pid_t, pid)
			     __field(int, asked)
			     __field(int, task_node)
			     __field(int, stack_node)
			     __field(int, cpu)
			     __field(int, cpu_node)
			     __array(char, kind, ORCH_KIND_LEN)
			     __array(char, name, ORCH_NAME_LEN)
	    ),

	    TP_fast_assign(__entry->id = req->id;
			   __entry->pid = place->pid;
			   __entry->asked = req->node;
			   __entry->task_node = place->task_node;
			   __entry->stack_node = place->stack_node;
			   __entry->cpu = place->cpu;
			   __entry->cpu_node = place->cpu_node;
			   memcpy(__entry->kind, req->kind, ORCH_KIND_LEN);
			   memcpy(__entry->name, req->name, ORCH_NAME_LEN);
	    ),

	    TP_printk("id=%u pid=%d kind=%s asked=%d task_node=%d stack_node=%d cpu=%d cpu_node=%d name=%s",
		      __entry->id, __entry->pid, __entry->kind, __entry->asked,
		      __entry->task_node, __entry->stack_node, __entry->cpu,
		      __entry->cpu_node, __entry->name)
);

TRACE_EVENT(orch_work,
	    TP_PROTO(const struct orch_request *req,
		     const struct orch_place *place),

	    TP_ARGS(req, place),

	    TP_STRUCT__entry(__field(unsigned int, id)
			     __field(pid_t, pid)
			     __field(int, asked)
			     __field(int, cpu)
			     __field(int, cpu_node)
	    ),

	    TP_fast_assign(__entry->id = req->id;
			   __entry->pid = place->pid;
			   __entry->asked = req->node;
			   __entry->cpu = place->cpu;
			   __entry->cpu_node = place->cpu_node;
	    ),

	    TP_printk("id=%u pid=%d asked=%d cpu=%d cpu_node=%d",
		      __entry->id, __entry->pid, __entry->asked, __entry->cpu,
		      __entry->cpu_node)
);

#endif /* ORCH_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE orch_trace
#include <trace/define_trace.h>
