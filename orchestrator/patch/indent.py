# SPDX-License-Identifier: GPL-2.0-only
"""Added lines whose indentation was lost, by language. Where it is syntax and unknown: an error."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from orchestrator.model.errors import PatchBroken
from orchestrator.patch.align import aligned
from orchestrator.patch.c_indent import column
from orchestrator.patch.c_state import CState
from orchestrator.patch.c_tokens import blanks
from orchestrator.patch.kbuild_indent import kconfig_lead, makefile_lead
from orchestrator.patch.place import key

_NEAR = 6  # lines above and below that show how things are aligned
_C = re.compile(r".*\.(c|h|lds|dts|dtsi)(\.S)?$")
_MAKEFILE = re.compile(r"(.*/)?(Makefile|Kbuild)[^/]*$|.*\.mk$")
_KCONFIG = re.compile(r"(.*/)?Kconfig[^/]*$")


class Known(Struct, frozen=True):
    """What the file can say of added lines: its lines by their key, and whether runs were lost."""

    lines: dict[str, str]
    inner: bool


class Indenter:
    """Gives added lines of one file their white space, top to bottom.

    known_line() and added() must be called with every line of the new file, in order.
    """

    def __init__(self, path: str, known: Known) -> None:
        self.path = path
        self._known = known
        self._c = CState() if _C.match(path) else None
        self._above: list[str] = []

    def known_line(self, line: str) -> None:
        """A line that is in the file already, without line end."""
        self._above.append(line)
        if self._c:
            self._c.feed(line)

    def added(self, raw: str, below: Sequence[str]) -> str:
        """The line with its white space. below: the file's lines after it.

        Raises PatchBroken if indentation is syntax here and can't be known.
        """
        text = raw.strip()
        line = self._line(text, below) if text else ""
        self.known_line(line)
        return line

    def _line(self, text: str, below: Sequence[str]) -> str:
        twin = self._known.lines.get(key(text), "")
        if self._known.inner and twin:
            text = twin.strip()
        line = self._lead(text) + text
        if self._known.inner and not twin and self._c and not self._c.comment:
            near = [*self._above[: -_NEAR - 1 : -1], *below[:_NEAR]]
            line = aligned(line, near)
        return line

    def _lead(self, text: str) -> str:
        if self._c:
            return blanks(column(self._c, text))
        if _KCONFIG.match(self.path):
            found = kconfig_lead(text, self._above)
        elif _MAKEFILE.match(self.path):
            found = makefile_lead(text, self._above)
        else:
            found = None
        if found is None:
            raise PatchBroken(
                f"{self.path}: the indentation of an added line was lost and can't be known: "
                f"{text[:60]!r}",
                "take the patch from the mail itself, e.g. with b4 am or lore's raw view",
            )
        return found


def same_lines(lines: Sequence[str]) -> dict[str, str]:
    """Lines by key, where all lines with that key are written alike apart from their lead."""
    found: dict[str, str] = {}
    for line in lines:
        text = line.rstrip("\r\n")
        name = key(text)
        if name in found and found[name].strip() != text.strip():
            found[name] = ""
        else:
            found.setdefault(name, text)
    return {name: line for name, line in found.items() if name and line}
