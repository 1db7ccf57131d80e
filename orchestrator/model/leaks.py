# SPDX-License-Identifier: GPL-2.0-only
"""How a leak is named: by the function that allocated, and the case it was in."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.model.evidence import Leak

# Between the caller that matters and the allocator: mm/slub.c, mm/util.c, lib/kasprintf.c,
# mm/vmalloc.c. Prefixes of function names.
_ALLOCATORS = (
    "kmemleak_", "__kmalloc", "kmalloc", "__kmem_cache", "kmem_cache_", "slab_", "kstrdup",
    "kmemdup", "kvasprintf", "kasprintf", "__vmalloc", "vmalloc", "__alloc_pages", "alloc_pages",
    "kvmalloc", "__kvmalloc", "pcpu_alloc", "__do_kmalloc", "___slab", "__slab",
)  # fmt: skip


def allocator(backtrace: Sequence[str]) -> str:
    """The innermost function that is no allocator, compilers' suffixes cut; "?" for none."""
    for name in backtrace:
        if not name.startswith(_ALLOCATORS):
            return name.partition(".")[0]
    return "?"


def leak_place(leak: Leak) -> str:
    """ "orch_killed.worker_creator_killed", or the task's name if no case is known."""
    if leak.suite:
        return f"{leak.suite}.{leak.case}" if leak.case else leak.suite
    return f"task {leak.comm}"
