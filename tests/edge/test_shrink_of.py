# SPDX-License-Identifier: GPL-2.0-only
"""A run read back to be shrunk: what is there, what is not, and the command at the end."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from orchestrator.cli import boot as boot_command
from orchestrator.cli.shrink import _asked
from orchestrator.config.source_spec import DefaultSource
from orchestrator.config.topology import load_topology
from orchestrator.edge.kernel_request import kernel_key
from orchestrator.edge.shrink_journal import ShrinkJournal, shrink_journal
from orchestrator.edge.store import Store
from orchestrator.model.document import RunDocument
from orchestrator.model.errors import UsageError
from orchestrator.model.job import BuiltIn, KernelConfig, Plan, RunResult, Selftests, Tree
from orchestrator.model.progress import silent
from orchestrator.model.session import Session, Talk
from orchestrator.model.shrink import Outcome, Setup, Trial
from orchestrator.model.verdict import Fault, Finding, Verdict
from orchestrator.plan.deadlines import Deadlines
from orchestrator.plan.topology_file import topology_file
from orchestrator.report.document import document
from orchestrator.workflow.boot_job import BootJob
from orchestrator.workflow.ready import kernel_request
from orchestrator.workflow.shrink_of import Failed, boot_words, failed_run, sources_of
from orchestrator.workflow.shrink_run import NOT_BUILT, BootRunner, Sources, configured

KEY = "archive-0123456789abcdef"
MACHINE = load_topology("memoryless")
PATCH = """\
Subject: [PATCH] a change

---
diff --git a/f.c b/f.c
--- a/f.c
+++ b/f.c
@@ -1 +1 @@
-int a;
+int b;
"""
FINDING = Finding("ktap", Verdict.FAIL, Fault.KERNEL, "orch_a.x failed", signature="a1b2c3d4e5f6")
COMMAND = ("orchestrate", "boot", "--config", "numa, ./my.config", "--kmod", "mine",
           "--timeout", "60", "--json", "-", "--topology", "gone.toml", "--patch", "gone.patch",
           "--case", "a.x", "--tree", "/gone")  # fmt: skip


def run(folder: Path, *findings: Finding, command: tuple[str, ...] = COMMAND) -> RunResult:
    return RunResult(
        findings[0].verdict if findings else Verdict.PASS,
        findings,
        folder,
        command,
        "now",
        tree_origin="kernel.org:7.1.8",
        config="numa+my",
        patches=("a change",),
        plan=Plan("n", ("orch_a",), MACHINE, numa=True, strict_affinity=True, case="x"),
        keys=(("tree", KEY), ("kernel", "k")),
    )


@pytest.mark.parametrize(
    ("changes", "of"),
    [
        ({"session": Session(Talk.STREAM, ("x",))}, "a COMMAND"),
        (
            {"session": Session(Talk.SELFTESTS), "selftests": (Selftests("kcmp", ("t",), 45),)},
            "selftests",
        ),
        ({"kunit": BuiltIn("*", ())}, "the kernel's own suites"),
    ],
)
def test_runs_of_other_things_are_refused(changes: dict[str, Any], of: str, tmp_path: Path) -> None:
    result = run(tmp_path, FINDING)
    assert result.plan
    result = replace(result, plan=replace(result.plan, **changes))
    with pytest.raises(UsageError, match=f"this run was of {of}: "):
        failed_run(result, document(result), "", ("numa",))


def failed(folder: Path) -> Failed:
    result = run(folder, FINDING)
    return failed_run(result, document(result), "", ("numa", "./my.config"))


def test_it_begins_with_the_machine_of_the_run(tmp_path: Path) -> None:
    start = failed(tmp_path).start
    assert (start.suites, start.case, start.config) == (("orch_a",), "x", ("numa", "./my.config"))
    assert replace(start.topology, name=MACHINE.name, description=MACHINE.description) == MACHINE


@pytest.mark.parametrize(
    ("findings", "plan", "text", "said"),
    [
        ((), True, "", "this run passed: there is nothing to shrink"),
        ((replace(FINDING, verdict=Verdict.BUILD_BROKEN),), False, "", "never booted"),
        ((replace(FINDING, verdict=Verdict.INFRASTRUCTURE),), True, "", "says nothing of the"),
        ((replace(FINDING, host="stood still"),), True, "", "it says nothing of the kernel"),
        ((FINDING,), True, "oops", "no finding of this run is 'oops'"),
    ],
)
def test_what_did_not_fail_is_no_use(
    tmp_path: Path, findings: tuple[Finding, ...], plan: bool, text: str, said: str
) -> None:
    result = run(tmp_path, *findings)
    result = result if plan else replace(result, plan=None)
    with pytest.raises(UsageError, match=said) as caught:
        failed_run(result, document(result), text, ("numa",))
    assert caught.value.hint and "\n" not in caught.value.message


def tree(store: Store) -> Path:
    folder = store.folder("trees") / KEY
    (folder / "kernel").mkdir(parents=True)
    (folder / "Makefile").write_text("VERSION = 7\nPATCHLEVEL = 1\nSUBLEVEL = 8\n")
    for name in ("Kbuild", "kernel/kthread.c"):
        (folder / name).touch()
    return folder


def test_sources_and_patches_are_those_of_the_run(tmp_path: Path, store: Store) -> None:
    tree(store)
    (tmp_path / "patches").mkdir()
    file = tmp_path / "patches/0001-a-change.patch"
    file.write_text(PATCH)
    sources = sources_of(failed(tmp_path), store, silent)
    assert (sources.tree.key, sources.tree.release) == (KEY, "7.1.8")
    assert sources.patches == (file,) and len(sources.mails) == 1
    assert not sources.takes_cases  # there is no KUnit in this tree
    for mode, takes in (("0", False), ("0400", False), ("0600", True), ("0644", True)):
        (sources.tree.path / "lib/kunit").mkdir(parents=True, exist_ok=True)
        line = f"module_param_named(filter_glob, filter_glob_param, charp, {mode});\n"
        (sources.tree.path / "lib/kunit/executor.c").write_text(line)
        assert sources.takes_cases is takes, mode


def test_a_tree_that_is_gone_is_said_to_be(tmp_path: Path, store: Store) -> None:
    with pytest.raises(UsageError, match=r"the sources of that run \(kernel\.org:7\.1\.8\)") as no:
        sources_of(failed(tmp_path), store, silent)
    assert no.value.hint.startswith("run it again: orchestrate boot --config 'numa, ./my.config'")


@pytest.mark.parametrize("key", ["", ".", "..", "../trees", "/etc"])
def test_no_key_leads_out_of_the_store(tmp_path: Path, store: Store, key: str) -> None:
    tree(store)
    hostile = failed(tmp_path)
    hostile = replace(hostile, document=replace(hostile.document, keys=(("tree", key),)))
    with pytest.raises(UsageError, match="in the store no longer"):
        sources_of(hostile, store, silent)


def test_so_are_patches(tmp_path: Path, store: Store) -> None:
    tree(store)
    with pytest.raises(UsageError, match="that run had 1 patches, and 0 of them are in"):
        sources_of(failed(tmp_path), store, silent)


def test_the_command_of_the_run_tells_how_it_was_booted(tmp_path: Path) -> None:
    asked = _asked(document(run(tmp_path, FINDING)), None, ())
    assert asked == {
        "config": "numa, ./my.config", "kmods": (Path("mine"),), "accel": "auto",
        "step_s": 60.0, "jobs": None, "arch": "x86_64", "llvm": "",
    }  # fmt: skip
    assert _asked(document(run(tmp_path, FINDING)), "numa", (Path("k"),))["kmods"] == (Path("k"),)


def test_another_command_tells_by_what_the_run_keeps(tmp_path: Path) -> None:
    night: RunDocument = document(run(tmp_path, FINDING, command=("orchestrate", "nightly")))
    assert _asked(night, None, ()) == {"config": "numa,my", "arch": "x86_64", "llvm": ""}
    assert _asked(replace(night, arch="arm64"), None, ())["arch"] == "arm64"


def test_it_is_compiled_by_what_the_run_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the environment says now."""
    monkeypatch.setenv("LLVM", "-977")
    made = replace(run(tmp_path, FINDING), llvm="-19")
    assert _asked(document(made), None, ())["llvm"] == "-19"
    config = KernelConfig((), (), "-19")
    job = BootJob(config, MACHINE, None, DefaultSource())
    words = list(boot_words(failed(tmp_path), job, failed(tmp_path).start, tmp_path / "t.toml"))
    params = boot_command.command.make_context("boot", words[2:]).params
    assert params["llvm"] == "-19"


def test_a_command_nobody_takes_any_more_is_said_to_be(tmp_path: Path) -> None:
    old = document(run(tmp_path, FINDING, command=("orchestrate", "boot", "--no-such")))
    with pytest.raises(UsageError, match="the command of that run is none any more"):
        _asked(old, None, ())


def test_the_last_command_is_one_that_boot_takes(tmp_path: Path) -> None:
    (tmp_path / "patches").mkdir()
    (tmp_path / "patches/0001-a;b $c.patch").write_text(PATCH)
    file = tmp_path / "shrunk.toml"
    file.write_text(topology_file(MACHINE))
    job = BootJob(KernelConfig((), ()), MACHINE, None, DefaultSource(), kmods=(Path("mine"),),
                  deadlines=Deadlines(step_s=60), cold=True)  # fmt: skip
    start = failed(tmp_path).start
    words = shlex.split(shlex.join(boot_words(failed(tmp_path), job, start, file)))
    params = boot_command.command.make_context("boot", words[2:]).params
    assert params["cold"] and params["case"] == "orch_a.x" and params["source"]
    assert params["config"] == f"numa,{Path('my.config').resolve()}" and params["step_s"] == 60
    assert params["kmods"] == (Path("mine").resolve(),)
    assert params["patches"] == (str(tmp_path / "patches/0001-a;b $c.patch"),)
    assert load_topology(params["topology"]).nodes == MACHINE.nodes
    suites = Setup(("orch_a", "orch_b"), MACHINE, ())
    words = list(boot_words(failed(tmp_path), replace(job, cold=False), suites, file))
    assert "--case" not in words and "--cold" not in words and words.count("--suite") == 2


def test_runs_are_there_again_but_for_a_line_that_was_cut(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path / "runs"))
    trial = Trial(failed(tmp_path).start, Outcome.SAME, "/r/1", "x\n\udcff", 1.5)
    with shrink_journal("k", store, fresh=False) as kept:
        assert kept and kept.folder is None
        kept.start(tmp_path)
        kept.add(trial)
        kept.add(replace(trial, outcome=Outcome.GREEN))
        with shrink_journal("k", store, fresh=False) as second:
            assert second is None
    with kept.path.open("a") as file:
        file.write('["trial", {"setup": {"suites"')
    again = ShrinkJournal(kept.path)
    assert again.folder == tmp_path
    assert again.events == [trial, replace(trial, outcome=Outcome.GREEN)]
    again.close()
    with shrink_journal("k", store, fresh=True) as fresh:
        assert fresh and fresh.events == []


def test_a_kernel_is_tried_only_if_it_is_there_or_may_be_built(
    tmp_path: Path, store: Store
) -> None:
    job = BootJob(KernelConfig((), ()), MACHINE, None, DefaultSource())
    sources = Sources(Tree(tree(store), KEY, "7.1.8", "x"))
    start = failed(tmp_path).start
    setup = Setup(("orch_a",), start.topology, ("numa",))
    told: list[str] = []
    for build in (False, True):
        runner = BootRunner(
            job, sources, failed(tmp_path).target, store, tmp_path / "runs",
            lambda event: told.append(str(event)), build=build,
        )  # fmt: skip
        assert runner.refused(setup) == ("" if build else NOT_BUILT)
    runner = BootRunner(
        job, sources, failed(tmp_path).target, store, tmp_path / "runs", silent, build=False
    )
    request = kernel_request(
        replace(job, config=configured(("numa",), job.config)), sources.tree, ()
    )
    (store.folder("kernels") / kernel_key(request)).mkdir()
    assert runner.refused(setup) == ""
    assert runner.refused(replace(setup, config=())) == NOT_BUILT
    assert not told and not (tmp_path / "runs").exists()
