# SPDX-License-Identifier: GPL-2.0-only
"""Sphinx: `tox -e docs` builds the site (html) and the man pages (man) from docs/."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

import reference

from orchestrator import __version__

project = "orchestrate"
author = "the orchestrate authors"
copyright = "GPL-2.0-only"
release = version = __version__

extensions = ["myst_parser", "sphinx_click", "reference"]
exclude_patterns = ["_build", "ci", "examples"]
suppress_warnings = ["myst.xref_missing"]  # links into the checkout, which the site has not
myst_heading_anchors = 3
nitpicky = True
smartquotes = False  # an option has two dashes

html_theme = "furo"
html_title = f"orchestrate {version}"
html_theme_options = {"top_of_page_buttons": []}
html_show_sphinx = False
html_copy_source = False

man_pages = reference.man_pages()
man_make_section_directory = True
