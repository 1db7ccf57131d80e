# SPDX-License-Identifier: GPL-2.0-only
"""The documents build into a site and man pages, without a warning, and hold every option."""

from __future__ import annotations

import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import click
import pytest

from orchestrator.cli.main import COMMANDS, cli

DOCS = Path(__file__).parents[3] / "docs"


def build(kind: str, out: Path, docs: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", kind,
         "-d", str(out / "doctrees"), str(docs), str(out / kind)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    shutil.copytree(DOCS, out / "docs", ignore=shutil.ignore_patterns("_reference", "_build"))
    for page in DOCS.parent.glob("*.md"):
        shutil.copy(page, out)
    for kind in ("html", "man"):
        done = build(kind, out, out / "docs")
        assert done.returncode == 0, done.stderr
    return out


class Text(HTMLParser):
    """What a reader sees, and where links lead."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.feed(page.read_text())

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value for name, value in attrs if name in ("href", "src") and value]


def options(command: click.Command) -> set[str]:
    found = {
        name for each in command.params if isinstance(each, click.Option) for name in each.opts
    }
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            found |= options(inner)
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_in_the_site_and_in_the_man_page(site: Path, name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    page = "".join(Text(site / "html" / "_reference" / f"{name}.html").words)
    man = (site / "man" / "man1" / f"orchestrate-{name}.1").read_text().replace("\\-", "-")
    for option in options(command):
        assert option in page and option in man


def test_pages_ask_no_network_and_links_within_lead_somewhere(site: Path) -> None:
    html = site / "html"
    for page in html.rglob("*.html"):
        for link in Text(page).links:
            assert not link.startswith("//")
            if "://" in link or link.startswith("mailto:"):
                continue
            file = link.partition("#")[0].partition("?")[0]
            assert not file or (page.parent / file).exists(), f"{page.name}: {link}"


def test_a_document_with_a_dead_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text('extensions = ["myst_parser"]\n')
    (tmp_path / "index.md").write_text("# A\n\n[gone](#no-such-place)\n")
    assert build("html", tmp_path / "out", tmp_path).returncode != 0
