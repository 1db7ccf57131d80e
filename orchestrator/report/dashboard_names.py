# SPDX-License-Identifier: GPL-2.0-only
"""Files of a dashboard, and names as its pages show them."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

import markupsafe

from orchestrator.model.night import CellKey
from orchestrator.report.clean import clean

_LONGEST = 160  # characters of a name that are shown
_SLUG = 40
_KEPT = 4096  # answers: the same names are on page after page
# Marks without width that reorder or hide text, besides those that clean() shows.
_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u2060-\u2064\ufeff]")


@lru_cache(_KEPT)
def cell_file(cell: CellKey) -> str:
    """Of a cell's page: letters, digits and dashes, whatever the names are."""
    parts = (cell.tree, cell.patch, cell.config, cell.topology, cell.suites)
    return _file("cell", " ".join(part for part in parts if part), "\0".join(parts))


@lru_cache(_KEPT)
def suite_file(suite: str) -> str:
    """Of a suite's page."""
    return _file("suite", suite, suite)


def tree_file(tree: str) -> str:
    """Of a tree's page."""
    return _file("tree", tree, tree)


def suite_of(test: str) -> str:
    """ "orch_bind.one" → "orch_bind" """
    return test.partition(".")[0]


@lru_cache(_KEPT)
def anchor(text: str) -> str:
    """An id within a page."""
    return "t" + _digest(text)


def shown(text: str) -> str:
    """A name in one line, no longer than a page can bear, what is invisible made visible."""
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return _INVISIBLE.sub(lambda match: f"\\u{ord(match[0]):04x}", clean(short))


@lru_cache(_KEPT)
def name(text: str) -> markupsafe.Markup:
    """The same as markup, whose direction is its own matter."""
    return markupsafe.Markup("<bdi>{}</bdi>").format(shown(text))


def isolated(text: str) -> markupsafe.Markup:
    """Words of our own around names, of any length."""
    return markupsafe.Markup("<bdi>{}</bdi>").format(text)


@lru_cache(_KEPT)
def cell_words(cell: CellKey) -> str:
    """ "mine + fix, numa on numa4, suites bind,create" """
    patch = f" + {shown(cell.patch)}" if cell.patch else ""
    suites = f", suites {shown(cell.suites)}" if cell.suites else ""
    return f"{shown(cell.tree)}{patch}, {shown(cell.config)} on {shown(cell.topology)}{suites}"


def _file(kind: str, words: str, key: str) -> str:
    slug = re.sub("[^a-z0-9]+", "-", words.lower())[:_SLUG].strip("-")
    return "-".join(part for part in (kind, slug, _digest(key)) if part) + ".html"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
