# SPDX-License-Identifier: GPL-2.0-only
"""What a soak draws, and what it calls growth."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "soak"))

from soak_mix import KINDS, Kind, drawn
from soak_page import Ran, page
from soak_usage import Usage, growth, usage

FLAT = [Usage(done, 30.0, 7, 4, 0, 0, 20) for done in range(50)]
COUNTED = ("files", "threads", "children", "temporary", "mounts")


def test_each_kind_is_run_and_the_same_seed_is_the_same_soak() -> None:
    names = [kind.name for kind in drawn(1000, 1)]
    assert len(names) == 1000 and set(names) == {kind.name for kind in KINDS}
    assert names == [kind.name for kind in drawn(1000, 1)]
    assert names != [kind.name for kind in drawn(1000, 2)]


def test_what_takes_long_is_rare() -> None:
    names = [kind.name for kind in drawn(1000, 3)]
    assert all(names.count(kind.name) <= kind.most for kind in KINDS if kind.most)


def test_no_verdict_but_pass_is_wanted_of_most_and_all_words_of_some() -> None:
    verdicts = [kind.verdict for kind in drawn(1000, 1)]
    assert {"pass", "fail", "crash", "hang", "incomplete", "skip"} == set(verdicts)


def test_flat_is_flat() -> None:
    assert growth(FLAT) == ()


@pytest.mark.parametrize("name", COUNTED)
def test_one_more_for_good_is_growth(name: str) -> None:
    grown = [replace(each, **{name: getattr(each, name) + (each.done > 30)}) for each in FLAT]
    assert len(growth(grown)) == 1 and growth(grown)[0].startswith(f"{name} grew")


def test_one_sample_that_stands_out_is_none() -> None:
    assert growth([*FLAT[:-1], replace(FLAT[-1], files=9)]) == ()


def test_memory_may_wobble_but_not_climb() -> None:
    climbing = [replace(each, rss_mib=30 + each.done / 2) for each in FLAT]
    wobbling = [replace(each, rss_mib=30 + each.done % 5) for each in FLAT]
    assert growth(climbing) == ("rss_mib grew from 37.2 to 52.2",)
    assert growth(wobbling) == ()


def test_too_few_samples_prove_nothing() -> None:
    with pytest.raises(ValueError, match="at least 5"):
        growth(FLAT[:4])


def test_what_this_process_holds_is_seen(tmp_path: Path) -> None:
    before = usage(0, tmp_path)
    held = [(tmp_path / name).open("w") for name in "abc"]
    after = usage(1, tmp_path)
    for each in held:
        each.close()
    assert (after.files - before.files, after.temporary - before.temporary) == (3, 3)
    assert before.rss_mib > 1 and before.mounts > 0


def test_the_page_tells_what_was_wrong() -> None:
    ran = [Ran("green", "pass", "pass", True, 0.4), Ran("green", "pass", "hang", False, 9.0)]
    text = page(ran, FLAT, 60.0, 3)
    assert "Wrong verdicts: 1." in text and "| green | pass | 2 | 1 | 4.70 |" in text


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.name))
def test_each_kind_is_a_job(kind: Kind) -> None:
    """What `orchestrate boot` takes changes; the soak asks as it does."""
    # By its path: there is another run.py.
    path = Path(__file__).parents[1] / "soak" / "run.py"
    spec = importlib.util.spec_from_file_location("soak_run", path)
    assert spec and spec.loader
    soak_run = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(soak_run)
    job = soak_run.job_of(kind)
    assert job.cold == ("--cold" in kind.args)
    assert bool(job.suites) == ("--suite" in kind.args)
