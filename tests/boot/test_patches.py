# SPDX-License-Identifier: GPL-2.0-only
"""Patches from where kernel people have them, onto a real tree."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from running import COMMAND, PATCHES, TESTS, Boot, Done

from orchestrator.config.source_spec import DefaultSource
from orchestrator.edge.sources import fetch
from orchestrator.edge.store import Store, cache_root
from orchestrator.model.progress import silent

# An RFC as a mail archive's page has it: every leading blank lost. Not part of this
# repository, but beside it where the project is developed.
SEED = TESTS.parents[1] / "shared/seed/000_f46fe23397ef2afe.txt"
# What checkpatch says of white space at the start of a line.
INDENTATION = (
    "LEADING_SPACE",
    "CODE_INDENT",
    "TABSTOP",
    "PARENTHESIS_ALIGNMENT",
    "SUSPECT_CODE_INDENT",
    "SPACE_BEFORE_TAB",
    "TRAILING_WHITESPACE",
)


@pytest.fixture(scope="module")
def tree() -> Path:
    return fetch(DefaultSource(), Store(cache_root()), silent).path


def stripped(patch: Path) -> str:
    """A patch as the worst archives leave it."""
    return "\n".join(line.lstrip() for line in patch.read_text().splitlines()) + "\n"


@pytest.mark.skipif(not SEED.is_file(), reason="the seed patch is not beside the checkout")
def test_seed_patch_is_repaired_built_and_judged(boot: Boot, green: Done, tree: Path) -> None:
    done = boot("--patch", str(SEED))
    assert (done.verdict, done.returncode) == ("fail", 1), done.explain()
    assert done.checks == {"leaks"}, done.explain()
    titles = {finding["title"] for finding in done.run["findings"]}
    assert all("memory leak in __kthread_create_on_node" in title for title in titles)
    (repaired,) = (done.run_dir / "patches").glob("*.patch")
    check = ["git", "apply", "--check", str(repaired)]
    subprocess.run(check, cwd=tree, check=True, env={"GIT_CEILING_DIRECTORIES": str(tree.parent)})
    said = subprocess.run(
        ["perl", "scripts/checkpatch.pl", "--no-tree", "--strict", "--show-types", str(repaired)],
        cwd=tree, capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    assert "total:" in said, "checkpatch has run"
    assert not [line for line in said.splitlines() if any(kind in line for kind in INDENTATION)]
    assert any("white space" in note for note in done.run["notes"]), "the repair is reported"


def test_stripped_patch_builds_the_same_kernel(boot: Boot, green: Done, tmp_path: Path) -> None:
    whole = PATCHES / "node-ignored.patch"
    damaged = tmp_path / "damaged.patch"
    damaged.write_text(stripped(whole))
    expected, repaired = boot("--patch", str(whole)), boot("--patch", str(damaged))
    assert repaired.verdict == expected.verdict == "fail", repaired.explain()
    (one,), (other,) = (
        list((done.run_dir / "patches").glob("*.patch")) for done in (expected, repaired)
    )
    assert one.read_text().partition("\ndiff ")[2] == other.read_text().partition("\ndiff ")[2]


def test_patch_on_standard_input(green: Done, tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "boot", "--config", "numa", "--patch", "-", "--suite", "placement",
         "--run-dir", str(tmp_path / "run")],
        input=(PATCHES / "node-ignored.patch").read_text(),
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "verdict: fail" in done.stdout
