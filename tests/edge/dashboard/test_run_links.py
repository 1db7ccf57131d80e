# SPDX-License-Identifier: GPL-2.0-only
"""Links to run directories lead there, whatever they are called, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from made_history import Shape, made_night

from orchestrator.edge.run_links import run_links
from orchestrator.model.night import Attempt

ODD = ["plain", "with space", "#fragment", "?query", "100%25", "javascript:alert(1)", "a:b", "ü",
       "'\"><script>", "..x", "-x", "a\\b", "new\nline", "\udcff"]  # fmt: skip


def attempt(run_dir: str) -> Attempt:
    import random

    from msgspec.structs import replace

    _, attempts = made_night(Shape(nights=1), 0, random.Random(1))
    return replace(attempts[0], id="A", run_dir=run_dir)


def led_to(folder: Path, address: str) -> str:
    """Where a browser looks that has a page of this folder open."""
    found = urlsplit(urljoin(f"file://{folder}/index.html", address))
    assert found.scheme == "file" and not found.query and not found.fragment and not found.netloc
    return unquote(found.path, errors="surrogateescape")


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("inside", [False, True])
def test_a_link_leads_to_the_folder_and_its_logs(tmp_path: Path, name: str, inside: bool) -> None:
    out = tmp_path / "out"
    run = (out if inside else tmp_path / "runs") / name
    run.mkdir(parents=True)
    for file in ("dmesg.log", "run.json", "page.html", "report.html", "<b>.log"):
        (run / file).touch()
    links = run_links(out, [attempt(str(run))])["A"]
    assert led_to(out, links.folder) == f"{run}/"
    assert [name for name, _ in links.files] == ["dmesg.log", "run.json"]
    assert led_to(out, links.files[0][1]) == f"{run}/dmesg.log"
    assert led_to(out, links.page) == f"{run}/report.html"
    assert links.folder.startswith("./") and ":" not in links.folder


def test_folders_that_share_only_the_root_are_named_in_full(tmp_path: Path) -> None:
    links = run_links(Path("/no/such/place"), [attempt(str(tmp_path))])
    assert links["A"].page == ""
    assert links["A"].folder == f"file://{tmp_path}/"


@pytest.mark.parametrize("gone", ["", "runs/x", "javascript:alert(1)", "/no/such/run", "/a\0b",
                                  "file:///etc", "//example.org/x"])  # fmt: skip
def test_what_is_no_folder_here_has_no_links(tmp_path: Path, gone: str) -> None:
    assert run_links(tmp_path, [attempt(gone)]) == {}


def test_a_file_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert run_links(tmp_path, [attempt(str(tmp_path / "file"))]) == {}
