# SPDX-License-Identifier: GPL-2.0-only
"""Leading white space of Kconfig and Kbuild lines: syntax, so only what is certain is answered.

Documentation/kbuild/kconfig-language.rst and makefiles.rst: entries in column 0, their properties
after a tab, help texts after a tab and two spaces; recipes after a tab.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_ENTRY = re.compile(
    r"(config|menuconfig) [A-Za-z0-9_]+$|(endif|endmenu|endchoice|choice)\b\s*(#.*)?$"
    r"|(menu|mainmenu|comment|source|rsource|osource) \""
)
_ENTRY_IF = re.compile(r"if [A-Z0-9_!&|()=<>\"' yn]+$")
_PROPERTY = re.compile(
    r"(bool|tristate|string|hex|int|prompt)($| \")|(def_bool|def_tristate|default|select|imply) \S+"
    r"|(range|visible if|depends on) |modules$|help$|transitional$|option "
)
_SAYS_IF = re.compile(r"if\b")
_ASSIGNMENT = re.compile(r"[\w\-$(){}./%@]+\s*([:+?]?=|::=)")
_WORD = re.compile(
    r"-?include\b|export\b|unexport\b|(ifeq|ifneq|ifdef|ifndef|else|endif)\b|define\b"
)
_TARGET = re.compile(r"[^=\s#][^=#]*:(?!=)")


def kconfig_lead(text: str, above: Sequence[str]) -> str | None:
    """None if it may be an entry as well as a line of a help text."""
    in_help = _in_help(above)
    if above and above[-1].endswith("\\"):
        return "\t  "
    if _ENTRY.match(text):
        return ""
    if _SAYS_IF.match(text):
        return None if in_help else "" if _ENTRY_IF.match(text) else None
    if in_help:
        return None if _PROPERTY.match(text) else "\t  "
    if text.startswith("#"):
        return ""
    return "\t" if _PROPERTY.match(text) else None


def _in_help(above: Sequence[str]) -> bool:
    for line in reversed(above):
        if line.strip() in ("help", "---help---"):
            return True
        if line.strip() and not line.startswith("\t  "):
            return False
    return False


def makefile_lead(text: str, above: Sequence[str]) -> str | None:
    """None in and after recipes, where a tab decides what a line is."""
    before = above[-1] if above else ""
    if before.endswith("\\"):
        return None if _recipe(before) else "\t"
    if _recipe(before) or (_TARGET.match(before) and not _ASSIGNMENT.match(before)):
        return None
    plain = text.startswith("#") or _ASSIGNMENT.match(text) or _WORD.match(text)
    return "" if plain else None


def _recipe(line: str) -> bool:
    return line.startswith("\t") and not line.strip().endswith("\\")
