# SPDX-License-Identifier: GPL-2.0-only
"""Which of its sources gave an option its value: a fragment, a dependency, a select, a default."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from orchestrator.model.why import Asked, KconfigSays, WhyOption

_SYMBOL = re.compile(r"(!?)(\w+) \[=(\w*)\]")


def why_option(
    name: str,
    of: str,
    value: str,
    asked: Sequence[Asked],
    says: KconfigSays | None,
    defined: Sequence[str] = (),
    again: str = "",
) -> WhyOption:
    """name: with CONFIG_; of: which configuration, in words; value: in .config, "n" if it is not
    there. says: None if the parser could not be asked. again: the options for `orchestrate why`
    to ask of another option."""
    wanted = asked[-1] if asked else None
    lost = wanted is not None and wanted.value != value
    if says and not says.known:
        near = f"; the nearest is CONFIG_{says.nearest}" if says.nearest else ""
        return WhyOption(
            name, of, "", tuple(asked), lost=bool(asked) and wanted is not None
            and wanted.value != "n", decided=f"this tree has no such option{near}",
            next_command=_ask(says.nearest, again),
        )  # fmt: skip
    blamed = _blamed(says, value)
    return WhyOption(
        name=name,
        of=of,
        value=value,
        asked=tuple(asked),
        lost=lost,
        decided=_decided(value, wanted, says),
        depends=says.depends if says else "",
        denying=says.denying if says else (),
        forced=says.selects if says else (),
        default=says.default if says else "",
        prompt=not says or says.visible != "-",
        defined=tuple(defined),
        next_command=_ask(blamed, again) if lost or not asked else "",
    )


def _decided(value: str, wanted: Asked | None, says: KconfigSays | None) -> str:
    place = f"{wanted.file}:{wanted.line}" if wanted else ""
    if wanted and wanted.value == value:
        if says and says.selects and value in ("y", "m"):
            return f"{place} asks for {value}, and {_names(says.selects)} would select it anyway"
        return f"{place} asks for {value}, and nothing stands against it"
    if says is None:
        return "the tree's Kconfig parser could not be asked"
    if wanted:
        return f"{place} asks for {wanted.value}, but {_against(value, wanted, says)}"
    if value in ("y", "m") and says.selects:
        return f"no fragment asks for it; {_names(says.selects)} selects it"
    if value == "n" and says.denying:
        return f"no fragment asks for it, and it could not be had: {_terms(says.denying)} is n"
    if value == "n" and says.visible != "-":
        return "no fragment asks for it, and what is not asked for is n (make allnoconfig)"
    if says.default:
        return f"no fragment asks for it; its default is {says.default}"
    return "no fragment asks for it, nothing selects it, and it has no default that holds"


def _against(value: str, wanted: Asked, says: KconfigSays) -> str:
    if says.selects and value in ("y", "m") and wanted.value == "n":
        return f"{_names(says.selects)} selects it"
    if says.denying:
        return f"it depends on {_terms(says.denying)}, which is n"
    if says.visible == "-":
        given = f"it has the default {says.default}" if says.default else "nothing selects it"
        return f"it has no prompt, so that nobody may ask for it; {given}"
    if says.visible != "y" and wanted.value == "y":
        return f"it may be {says.visible} at most: its prompt has a condition of its own"
    return "another option of its choice, or its range, stands against it"


def _blamed(says: KconfigSays | None, value: str) -> str:
    """The option to ask of next: what denies it, or else what selects it."""
    if says is None:
        return ""
    if value in ("", "n"):
        for negated, symbol, is_now in _SYMBOL.findall(" ".join(says.denying)):
            if (is_now in ("n", "")) != bool(negated):
                return str(symbol)
        return ""
    found = _SYMBOL.search(" ".join(says.selects))
    return found[2] if found else ""


def _names(terms: Sequence[str]) -> str:
    """The options that select, without their own conditions: the first of each term."""
    found = [match[2] for match in map(_SYMBOL.search, terms) if match]
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return ", ".join(f"CONFIG_{name}" for name in found[:3]) + more


def _terms(terms: Sequence[str]) -> str:
    return " and ".join(terms)


def _ask(name: str, again: str) -> str:
    if not name:
        return ""
    return f"orchestrate why {shlex.quote(f'CONFIG_{name}')}{f' {again}' if again else ''}"
