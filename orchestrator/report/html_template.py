# SPDX-License-Identifier: GPL-2.0-only
"""What our pages share: everything escaped, nothing fetched, one style, one script at most."""

from __future__ import annotations

import base64
import hashlib

import jinja2

from orchestrator import __version__
from orchestrator.report.clean import clean


def html_environment(style: str, script: str = "", *, trim: bool = False) -> jinja2.Environment:
    """Of data/html, for pages that extend page.html. Strings are escaped; what a browser would act
    upon is shown instead. trim: a tag takes the end of its line with it.
    """
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("orchestrator", "data/html"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=trim,
        lstrip_blocks=True,
        finalize=lambda value: type(value)(clean(value)) if _unclean(value) else value,
    )
    made.globals |= {
        "version": __version__,
        "style": style,
        "policy": _policy(made, style, script),
    }
    return made


def _policy(made: jinja2.Environment, style: str, script: str) -> str:
    """What a browser may do with a page: apply this style, run this script, nothing else."""
    runs = f"script-src '{_hash(made, script)}'; " if script else ""
    return (
        f"default-src 'none'; style-src '{_hash(made, style)}'; {runs}"
        "base-uri 'none'; form-action 'none'"
    )


def _unclean(value: object) -> bool:
    """Only plain strings can hold what a guest printed; markup is our own, or was escaped from
    what shown() made harmless."""
    return type(value) is str and not value.isprintable()


def _hash(made: jinja2.Environment, file: str) -> str:
    text = made.get_template(file).render()
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
