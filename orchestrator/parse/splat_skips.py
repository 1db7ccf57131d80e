# SPDX-License-Identifier: GPL-2.0-only
"""Functions that stand in a trace and are not to blame: data for splat_frames.py.

Each entry is matched at the start of a name, as a regular expression; "$" makes it a whole
name. They are the machinery that reports (dump_stack, kasan_report), that other code goes
through (memcpy, the allocators, locks, waiting), or that got the CPU there (entry code).
"""

from __future__ import annotations

import re
from functools import cached_property

from msgspec import Struct


class Names(Struct, frozen=True, dict=True):
    """A table of names. Compiled when it is first asked, which takes as long as to read the log
    of a green run, and there nobody asks."""

    pattern: str

    def match(self, name: str) -> bool:
        """Does a name start with one of them?"""
        return self._compiled.match(name) is not None

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern)


def _table(text: str) -> Names:
    return Names("(?:" + "|".join(text.split()) + ")")


_REPORTING = r"""
    bad_page$ free_to_partial free_from_partial free_debug alloc_debug Ldiv0 __div0 __aeabi_
    _?_?dump_stack show_stack show_regs show_trace dump_backtrace dump_trace dump_cpu print_
    _?printk vprintk __?warn$ __warn_ warn_slowpath warn_bogus warn_alloc check_panic_on
    _?_?panic$ \w+_panic$ panic_saved oops_ die$ die_ __die report_bug report_usage
    report_invalid handle_bug fixup_bug exc_ asm_ do_trap do_error_trap __do_kernel_fault
    do_tag_check_fault do_bad_area __do_user_fault die_kernel_fault do_invalid_op invalid_op
    do_general_protection general_protection page_fault do_page_fault __do_page_fault
    do_kern_addr_fault do_user_addr_fault bad_area no_context do_double_fault df_debug
    double_fault kasan_ __kasan_ __asan_ __hwasan_ check_memory_region memory_is_ end_report
    start_report kcsan_ __tsan_ kmsan_ __msan_ kfence_ kmemleak_ create_object ubsan_ __ubsan_
    handle_overflow val_to_string object_err slab_err slab_bug slab_pad check_bytes
    trace_hardirqs trace_irq trace_event trace_raw trace_lock lockdep_ check_noncircular
    check_prev check_flags check_usage check_irq check_cpu_stall check_preemption check_chain
    check_wait check_deadlock validate_chain __lock_acquire lock_acquire lock_release
    __lock_release __lock_downgrade lock_is_held mark_lock mark_held mark_usage
    register_lock_class find_held_lock look_up_lock perf_trace_ perf_tp valid_state debug_
    __debug_ ___might_sleep __might_ might_ __schedule_bug __this_cpu_preempt spin_dump spin_bug
    rwlock_bug do_raw_ __do_raw_ _?sched_show_task nmi_ arch_trigger trigger_all lapic_ rcu_dump
    rcu_check_callbacks rcu_pending rcu_sched_clock stack_trace_ save_stack __save_stack
    arch_stack_walk walk_stackframe refcount_ kref_ list_ __list_ usercopy_ __check_object_size
    __check_heap_object bug_handler brk_handler debug_exception call_break_hook do_debug do_brk
    el1_ el0_ el1h el0t el1$ do_el0 bad_mode rust_ __rust
    _R\w*(?:4core|5alloc|3std|_+rustc) core:: _ZN4core <core sysvec_
    __sysvec check_zeroed_user __stack_chk_fail restore_all retint_ error_entry entry_
    do_syscall_ __cfi_ __virt_to_phys __phys_addr virt_to_ assertfail native_queued
    native_safe_halt native_smp native_irq native_stop arch_local_ get_current __sanitizer_cov
    __pabt __irq_svc do_DataAbort do_mem_abort do_translation do_undefinstr __und_ instrument_
    constant_ variable_test ftrace_ stack_overflow handle_stack_overflow __show_ apic_timer_
    smp_apic do_IRQ common_interrupt ret_from_intr __x86_ __seqprop fortify_ __fortify
    __switch_to ret_from_exception update_process_times tick_sched_ __hrtimer hrtimer_
"""
_GOING_THROUGH = r"""
    _?_?_?_?mem(?:cpy|set|move|cmp|chr|scan)(?:_|$)
    str(?:n|l|s)?(?:cpy|cat|cmp|len|chr|str|casecmp|scpy) fortify_ read_word_at
    copy_(?:to|from|in)_ _copy_ __copy_ raw_copy copyin copyout copy_user copy_page_ copy_folio
    put_user get_user __get_user __put_user k(?:v|z|vz|mem_)?(?:m|z|c)?alloc kmem_ kfree kvfree
    kcalloc __km kmalloc krealloc __slab_ slab_ ___slab do_kmalloc __do_km cache_alloc
    cache_free cache_grow ___?_?cache __cache __alloc_pages alloc_pages __get_free_pages
    get_page_from prep_new_page post_alloc __free_pages free_pages free_unref free_large vfree
    __vmalloc vmalloc vzalloc pcpu_ __alloc_percpu sk_prot_alloc sk_alloc kstrdup kmemdup
    memdup_user vmemdup alloc_inode __?task_rq_lock _raw_ __raw_ raw_spin spin_ read_lock
    write_lock read_unlock write_unlock queued_ mutex_ __mutex rt_mutex __rt_mutex
    down_(?:read|write|inter|kill|time|try) down$ up_(?:read|write) up$ __down __up rwsem_
    call_rwsem rwbase_ semaphore ww_mutex percpu_down percpu_rwsem percpu_up lock_sock
    __lock_sock release_sock local_bh __local_bh bit_spin seqlock atomic_ __atomic arch_atomic
    atomic64_ _atomic_dec test_and_ test_bit set_bit clear_bit __set_bit __read_once
    __write_once _find_ find_next find_first call_rcu __call_rcu kvfree_call kvm_pv queue_work
    queue_delayed __queue_ delayed_work insert_work work_is_static flush_work __flush_work
    flush_workqueue __flush_workqueue flush_delayed start_flush cancel_work __cancel_work
    drain_workqueue del_timer _*try_to_del timer_delete __timer_ timer_shutdown sk_stop_timer
    lock_timer_base mod_timer
    __mod_timer add_timer rb_ __rb_ radix_tree_lookup __radix_tree idr_ ida_ xa_ xas_
    rhashtable_ __rhashtable jhash crc(?:32|16|_) aes_ aesti_ crypto_ cipher_ xts_ cbc_ rcu_read
    rcu_lock rcu_is rcu_note skb_put skb_push skb_over skb_under _?_?dev_v?printk
    _dev_(?:info|warn|err|printk) v?s[cn]*printf hex_string string$ number$ pointer$
    format_decode kobject_ __kobject device_del device_remove device_add device_register
    device_create
    device_initialize tty_unregister_device tty_register_device device_destroy get_device_parent
    dpm_sysfs iput$ device_unregister sysfs_remove kernfs_remove proc_register proc_create
    __proc_create fast_dput dput$ mark_buffer_dirty folio_unlock unlock_page cleanup_srcu
    __wake_up wake_up(?!_new_task) try_to_wake __usb_kill usb_kill sk_destruct __sk_destruct
    __sk_free
    sk_free
"""
_WAITING = r"""
    schedule$ __schedule$ schedule_(?:timeout|preempt|hrtimeout|idle|user) io_schedule preempt_
    _cond_resched __cond_resched cond_resched context_switch wait_for __wait_ wait_on folio_wait
    do_read_cache_folio __?filemap_fdatawait __?wait_event do_wait_for prepare_to_wait
    wait_woken finish_wait bit_wait out_of_line ldsem_ __ldsem tty_ldisc_lock __refrigerator
    freezing_slow rtlock_ swait_ usleep_range msleep ssleep console_lock _?rcu_barrier
    synchronize_net
"""

_JUST_GOT_HERE = r"""
    ret_from_fork kthread$ worker_thread process_one_work process_scheduled start_kernel
    x86_64_start secondary_startup start_secondary cpu_startup do_idle default_idle
    arch_cpu_idle rest_init
"""

NOT_GUILTY = _table(_REPORTING + _GOING_THROUGH + _WAITING)
# In a trace these called whoever is guilty; named by the report itself they may well be.
NOT_GUILTY_IN_TRACE = _table(_REPORTING + _GOING_THROUGH + _WAITING + _JUST_GOT_HERE)

# Generic code that calls handlers. Of a stalled CPU's trace, what runs at the top is chance;
# the handler right below the innermost dispatcher names the job it could not finish.
DISPATCHERS = _table(
    r"""
    do_syscall_ do_fast_syscall sysenter_ entry_SYSCALL entry_INT80 tracesys_ el0_svc
    invoke_syscall ret_fast_syscall syscall_ system_call process_one_work worker_thread kthread$
    ret_from_fork smpboot_thread_fn run_ksoftirqd do_softirq __do_softirq handle_softirqs
    call_timer_fn run_timer __run_timers expire_timers hrtimer_run __hrtimer __run_hrtimer
    cpu_startup_entry start_secondary __netif_receive netif_receive process_backlog
    tasklet_action vfs_(?:write|read|ioctl|iter|fsync)$ __vfs_ new_sync_ do_iter_ do_vfs_ioctl
    ksys_ioctl call_(?:write|read)_iter
    sock_(?:sendmsg|recvmsg|write_iter|read_iter|do_ioctl|common_) ___sys_(?:send|recv)msg
    __sys_(?:setsockopt|getsockopt|sendto|recvfrom|bind|connect) rtnetlink_rcv_msg
    nfnetlink_rcv_msg __fput task_work_run __do_fault mmap_region \w+_compat_ioctl$
    (?:compat_)?blkdev_ioctl (?:__)?blkdev_driver_ioctl compat_sys_ioctl compat_SyS_ioctl
"""
)
# Interrupt entry: frames above it belong to whoever reported, not to what was interrupted.
INTERRUPT_ENTRY = _table(
    r"""
    apic_timer_interrupt smp_apic_timer trace_apic_timer smp_trace_apic asm_sysvec sysvec_apic
    asm_common asm_call el1_irq el1h_64_irq __irq_svc asm_exc_nmi nmi$ end_repeat_nmi repeat_nmi
    reschedule_interrupt ret_from_intr call_on_irq_stack
    arch_timer_handler_ handle_percpu_devid generic_handle_ (?:__)?handle_domain_irq
    handle_irq_desc gic_handle_irq el1_interrupt do_interrupt_handler riscv_timer_interrupt
    riscv_intc_irq handle_riscv_irq do_irq$ timer_interrupt$ decrementer_common ext_int_handler
    do_ext_irq do_irq_async __irq_usr
"""
)
# Of a leak: what a caller asked for its memory.
NOT_GUILTY_OF_LEAK = Names(rf"{NOT_GUILTY_IN_TRACE.pattern}|\w+_alloc$")
# Names that stand for one thing: what is left of a name when its tail is dropped.
ALIASES = re.compile(r"(smp_call_function|synchronize_rcu)_\w+$|(synchronize_)(?:sched|rcu_bh)$")
# Waiting for other CPUs says more about a stall than who asked for it.
TELLING = _table("smp_call_function")
