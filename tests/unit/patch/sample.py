# SPDX-License-Identifier: GPL-2.0-only
"""A C file in kernel style and diffs of it, for the tests of this room."""

from __future__ import annotations

import difflib

from orchestrator.model.diff import Repaired
from orchestrator.patch.blob import blob
from orchestrator.patch.diff import parse_diff
from orchestrator.patch.repair import repair

PATH = "kernel/spare.c"
SOURCE = """\
// SPDX-License-Identifier: GPL-2.0
#include <linux/spare.h>

#define SPARE_MIN\t\t4
#define SPARE_LIMIT\t\t64

struct spare {
\tint node;
\tu32 flags:3;

\t/* Filled in by the helper. */
\tstruct list_head list;
};

static const struct spare_ops ops = {
\t.get\t\t= spare_get,
\t.put\t\t= spare_put,
};

/**
 * spare_fill - fill the shelf of a node
 * @node: where
 */
static int spare_fill(struct spare *spare, int node,
\t\t      const char *name)
{
\tint err = 0;
\tint i;

\tfor (i = 0; i < SPARE_LIMIT; i++) {
\t\tif (!spare_fits(spare, i))
\t\t\tcontinue;
\t\tswitch (spare->flags) {
\t\tcase SPARE_OLD:
\t\t\tspare_drop(spare);
\t\t\tbreak;
\t\tdefault:
\t\t\terr = spare_keep(spare, i, name,
\t\t\t\t\t node);
\t\t}
\t\tif (err < 0)
\t\t\tgoto out;
\t}

\tspin_lock(&spare_lock);
\tlist_add_tail(&spare->list, &spares);
\tspin_unlock(&spare_lock);
out:
\tkfree(spare->old);
\treturn err;
}
EXPORT_SYMBOL(spare_fill);

int spare_empty(int node)
{
\treturn node == NUMA_NO_NODE;
}
"""


def changed(*swaps: tuple[str, str], source: str = SOURCE) -> str:
    """The source with each first text, which must be there once, replaced by the second."""
    for old, new in swaps:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    return source


def diff(old: str, new: str, path: str = PATH, index: bool = True) -> str:
    """What `git diff` says, made by difflib so that nothing of ours is tested with itself."""
    head = f"diff --git a/{path} b/{path}\n"
    if index:
        head += f"index {blob(old)[:12]}..{blob(new)[:12]} 100644\n"
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{path}", f"b/{path}"
    )
    return head + "".join(
        line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines
    )


def repaired(text: str, tree: dict[str, str] | None = None) -> Repaired:
    return repair(parse_diff(text), (tree or {PATH: SOURCE}).get)


def result(text: str, tree: dict[str, str] | None = None) -> str | None:
    """The one file the patch changes, afterwards."""
    (change,) = repaired(text, tree).changes
    return change.after
