# SPDX-License-Identifier: GPL-2.0-only
"""Pages that are written by the code they describe: one a command, one a schema.

They are made in docs/_reference before each build, and stay out of git.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from orchestrator.cli.main import COMMANDS

DOCS = Path(__file__).parents[1]
PLACE = DOCS / "_reference"
SCHEMA = ".schema.json"
_MARKUP = re.compile(r"(?<![`*])[`*](?![`*])")  # two are sphinx-click's own
_WHOLE = ("orchestrate", "boot a patched kernel on a virtual NUMA machine, and say what is true")


def man_pages() -> list[tuple[str, str, str, str, int]]:
    """As Sphinx wants them: orchestrate(1), orchestrate-boot(1), ..."""
    pages = [("_reference/orchestrate", *_WHOLE, "", 1)]
    for name, (_, line) in sorted(COMMANDS.items()):
        said = line[0].lower() + line[1:].rstrip(".")
        pages.append((f"_reference/{name}", f"orchestrate-{name}", said, "", 1))
    return pages


def setup(app: Sphinx) -> dict[str, bool]:
    """Sphinx's door to an extension."""
    app.connect("config-inited", lambda *_: write())
    for part in ("description", "options", "epilog"):
        app.connect(f"sphinx-click-process-{part}", _plain)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _plain(_app: Sphinx, _context: object, lines: list[str]) -> None:
    """Our help is plain text, where a star or a back tick is one; and sphinx-click 6.2 cuts
    brackets off the ends of metavars, of "NAME[,NAME...]" too."""
    for number, line in enumerate(lines):
        line = _MARKUP.sub(r"\\\g<0>", line)
        lines[number] = line.replace("[,NAME...>", "[,NAME...]>")


def write() -> None:
    """All pages; those that would be the same are left alone, so that a build is quick."""
    PLACE.mkdir(exist_ok=True)
    pages = dict(_pages())
    for name, text in pages.items():
        path = PLACE / name
        if not path.is_file() or path.read_text() != text:
            path.write_text(text)
    for path in PLACE.iterdir():
        if path.name not in pages:
            path.unlink()


def _pages() -> Iterator[tuple[str, str]]:
    schemas = sorted(path.name.removesuffix(SCHEMA) for path in DOCS.glob(f"*{SCHEMA}"))
    inside = "\n".join(("orchestrate", *COMMANDS, *(f"schema-{name}" for name in schemas)))
    yield "index.md", f"# Commands and schemas\n\n```{{toctree}}\n:maxdepth: 1\n{inside}\n```\n"
    yield "orchestrate.rst", _command("orchestrate", "orchestrator.cli.main:cli", "none")
    for name, (module, _) in COMMANDS.items():
        yield f"{name}.rst", _command(f"orchestrate {name}", f"{module}:command", "full")
    for name in schemas:
        text = (DOCS / f"{name}{SCHEMA}").read_text()
        yield f"schema-{name}.md", "\n".join(_schema(name, json.loads(text)))


def _command(name: str, place: str, nested: str) -> str:
    return f".. click:: {place}\n   :prog: {name}\n   :nested: {nested}\n"


def _schema(name: str, schema: dict[str, Any]) -> Iterator[str]:
    """A heading and a table for each kind of object, the document itself first."""
    yield f"# Schema: {name}\n"
    yield f"The whole of it, for validators: [{name}.schema.json](../{name}.schema.json).\n"
    first = schema["$ref"].rpartition("/")[2]
    kinds = schema["$defs"]
    for kind in (first, *(each for each in sorted(kinds) if each != first)):
        yield f"## {kind}\n"
        yield from _kind(kinds[kind])


def _kind(kind: dict[str, Any]) -> Iterator[str]:
    yield " ".join(kind.get("description", "").split()) + "\n"
    if "enum" in kind:
        yield f"One of {', '.join(f'`{json.dumps(value)}`' for value in kind['enum'])}.\n"
    if "properties" in kind:
        yield "| field | is |\n|---|---|"
        yield from (f"| `{field}` | {_type(spec)} |" for field, spec in kind["properties"].items())
        yield ""


def _type(spec: dict[str, Any]) -> str:
    """ "list of [Finding](#finding)", in Markdown."""
    if "$ref" in spec:
        name = spec["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in spec:
        return " or ".join(_type(each) for each in spec["anyOf"])
    if "enum" in spec:
        return " or ".join(f"`{json.dumps(value)}`" for value in spec["enum"])
    kind = str(spec.get("type", "anything"))
    if kind == "array" and isinstance(spec.get("items"), dict):
        return f"list of {_type(spec['items'])}"
    if kind == "array" and "prefixItems" in spec:
        return f"list of {', then '.join(_type(each) for each in spec['prefixItems'])}"
    if kind == "object" and isinstance(spec.get("additionalProperties"), dict):
        return f"map of names to {_type(spec['additionalProperties'])}"
    return kind
