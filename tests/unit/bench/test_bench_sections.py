# SPDX-License-Identifier: GPL-2.0-only
"""What the sections do with commands and with the documents of runs, without running any."""

from __future__ import annotations

from pathlib import Path

import bench_commands
import pytest
import section_cold
import section_scale
import section_virtme
from bench_machines import of_nodes

RUN = {
    "verdict": "fail",
    "suites": [{"guest_s": 1.5}, {"guest_s": None}, {"guest_s": 0.25}],
    "findings": [{"title": "x failed"}],
    "outcome": {"boot_s": 1.25, "wall_s": 4.0},
}


def test_sides_run_in_turn_after_one_uncounted_run_of_each() -> None:
    asked: list[str] = []

    def side(name: str) -> float:
        asked.append(name)
        return float(len(asked))

    took = bench_commands.interleaved(2, {"a": lambda: side("a"), "b": lambda: side("b")})
    assert asked == ["a", "b"] * 3
    assert took == {"a": (3.0, 5.0), "b": (4.0, 6.0)}


def test_a_command_that_fails_is_no_measurement() -> None:
    with pytest.raises(bench_commands.CommandFailed, match="false ended with 1"):
        bench_commands.run(["false"])
    took_s, _ = bench_commands.run(["false"], ok=(0, 1))
    assert took_s >= 0


def test_times_come_from_run_json_whatever_the_verdict() -> None:
    taken = section_scale.taken_from(RUN)
    assert (taken.boot_s, taken.suites_s, taken.wall_s, taken.guest_s) == (1.25, 2.75, 4.0, 1.75)
    never_booted = section_scale.taken_from(RUN | {"outcome": None, "suites": []})
    assert (never_booted.boot_s, never_booted.suites_s) == (0.0, 0.0)


def test_what_did_not_pass_is_said_with_its_reason() -> None:
    machine = of_nodes(16, 24 << 10)
    assert machine
    bad = section_scale.taken_from(RUN)
    good = section_scale.taken_from(RUN | {"verdict": "pass", "findings": []})
    notes = section_scale._verdicts({machine: [bad, good]})
    assert notes == ["16 nodes: 1 of 2 did not pass (fail: x failed)"]
    assert section_scale._verdicts({machine: [good, good]}) == ["all 2 runs passed"]


def test_a_guest_whose_clock_ran_too_fast_is_told() -> None:
    """64 nodes on a busy host: 704 s of suites by the guest's clock, 62 s by ours."""
    machine = of_nodes(64, 24 << 10)
    assert machine
    good = section_scale.taken_from(RUN)
    assert section_scale._clocks({machine: [good]}) == []
    wild = section_scale.taken_from(RUN | {"suites": [{"guest_s": 27.5}]})
    assert section_scale._clocks({machine: [good, wild]}) == [
        "64 nodes: the guest's clock ran 10.0 times too fast"
    ]


def test_virtme_ng_gets_the_nodes_of_numa4() -> None:
    argv = section_virtme.vng_argv("vng", Path("vmlinux"))
    assert "--disable-kvm" in argv and "--memory=512M" in argv and "--cpus=4" in argv
    assert [word for word in argv if word.startswith("--numa=")] == [
        f"--numa=128M,cpus={node}" for node in range(4)
    ]


def test_a_patched_build_is_set_against_a_whole_one(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def run(argv: tuple[str, ...], **env: str) -> tuple[float, str]:
        assert env == {"ORCHESTRATE_CACHE": "/x/cache", "CCACHE_DISABLE": "1"}
        asked.append(argv)
        return 1.0, ""

    def document(_run_dir: Path) -> dict[str, object]:
        build_s = 200.0 if len(asked) == 1 else 10.0
        return {"stages": [{"stage": "build", "took_s": build_s}, {"stage": "boot", "took_s": 2}]}

    monkeypatch.setattr(section_cold, "run", run)
    monkeypatch.setattr(section_cold, "document", document)
    found = section_cold.measure(bench_commands.Bench(1, False, Path("/x")))
    assert found.ratios[0].values == (0.05,) and found.ratios[0].kept
    assert found.series[2].name == "then a patch: build"
    assert "--patch" in asked[1] and section_cold.PATCH.is_file()


def test_the_image_is_the_one_of_the_replay_script(tmp_path: Path) -> None:
    script = tmp_path / "replay.sh"
    script.write_text("exec qemu \\\n\t-kernel '/a b/vmlinux' \\\n\t-m 1\n")
    assert section_virtme.vmlinux(tmp_path) == Path("/a b/vmlinux")
    script.write_text("exec qemu\n")
    with pytest.raises(ValueError, match="boots no kernel"):
        section_virtme.vmlinux(tmp_path)
