# SPDX-License-Identifier: GPL-2.0-only
"""JSON Schema (2020-12) of a kind of document, as msgspec writes it."""

from __future__ import annotations

from typing import Any

import msgspec


def schema_of(kind: type) -> dict[str, Any]:
    """With all that it is made of, in $defs."""
    top, parts = schema_parts(kind)
    return {**top, "$defs": parts}


def schema_parts(kind: type, *others: type) -> tuple[dict[str, Any], dict[str, Any]]:
    """(a reference to kind, name → schema of it, of the others, and of all they are made of).

    Descriptions are one line: before Python 3.13 docstrings are indented as in the source.
    """
    (top, *_), parts = msgspec.json.schema_components([kind, *others])
    for each in parts.values():
        if "description" in each:
            each["description"] = " ".join(each["description"].split())
    return dict(top), parts
