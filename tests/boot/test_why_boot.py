# SPDX-License-Identifier: GPL-2.0-only
"""`orchestrate why` of real runs, real options and real entries of the cache."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from running import COMMAND, RED_SUITES, Boot, Done


def why(*args: str) -> tuple[int, dict[str, Any], str]:
    """(exit code, the answer, what was said on standard error)."""
    done = subprocess.run(
        [*COMMAND, "why", *args, "--json", "-"],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


def test_a_green_run_had_all_it_needed(green: Done) -> None:
    code, answer, _ = why(str(green.run_dir))
    assert (code, answer["kind"], answer["why"]["verdict"]) == (0, "run", "pass")
    assert all(each["met"] for each in answer["why"]["green"])


def test_a_red_run_names_the_case_and_its_line(boot: Boot) -> None:
    red = boot("--kmod", str(RED_SUITES), "--suite", "red_fail")
    assert red.verdict == "fail", red.explain()
    code, answer, _ = why(str(red.run_dir))
    told = answer["why"]
    assert (code, told["verdict"], told["deciding"]["check"]) == (0, "fail", "ktap")
    assert told["deciding"]["evidence"]
    assert "no case failed" in {each["needed"] for each in told["green"] if not each["met"]}
    assert told["next_commands"][0].startswith("orchestrate boot ")


def test_the_kernel_of_a_run_has_its_inputs(green: Done) -> None:
    keys = dict(green.run["keys"])
    code, answer, _ = why(f"key:{keys['kernel']}")
    assert (code, answer["kind"]) == (0, "kernels")
    assert answer["why"]["origin"].startswith("numa of ")


def test_an_option_that_is_asked_for(green: Done) -> None:
    code, answer, _ = why("NUMA", "--run", str(green.run_dir))
    told = answer["why"]
    assert (code, told["value"], told["lost"]) == (0, "y", False)
    assert told["asked"][-1]["file"].endswith("numa.config")
    assert told["depends"]


def test_an_option_that_is_selected(green: Done) -> None:
    _, answer, _ = why("PCI_DOMAINS", "--run", str(green.run_dir))
    assert any(term.startswith("X86 ") for term in answer["why"]["forced"])


def test_an_option_that_is_lost_names_what_denies_it(tmp_path: Path, green: Done) -> None:
    fragment = tmp_path / "swap.config"
    fragment.write_text("# Swapped memory, packed.\nCONFIG_ZSWAP=y\n")
    spec = f"numa,{fragment}"
    code, answer, said = why("ZSWAP", "--config", spec)
    told = answer["why"]
    assert (code, told["lost"], told["value"]) == (0, True, "n"), said
    assert told["denying"] == ["SWAP [=n]"]
    assert told["asked"][0]["reason"] == "Swapped memory, packed."
    assert told["next_command"] == f"orchestrate why CONFIG_SWAP --config {spec}"


@pytest.mark.parametrize(("words", "said"), [(("2",), "is no run"), (("latest", "--config", "numa"),
                                              "is no option")])  # fmt: skip
def test_wrong_usage_is_2(words: tuple[str, ...], said: str, green: Done, tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to(green.run_dir)  # nobody else's
    done = subprocess.run(
        [*COMMAND, "why", *words], capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "ORCHESTRATE_RUNS": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 2
    assert said in done.stderr
