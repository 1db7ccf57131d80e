# SPDX-License-Identifier: GPL-2.0-only
"""The command line: help, mistakes and their exit codes. Nothing is built or booted here."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from orchestrator import __version__
from orchestrator.cli import main as entry
from orchestrator.cli.main import COMMANDS
from orchestrator.config import fragments, suites, topology
from orchestrator.model.errors import BuildBroken, InfrastructureError, OrchestrateError, UsageError
from orchestrator.model.job import RunResult
from orchestrator.model.verdict import Fault, Finding, Verdict
from orchestrator.report.document import document, to_json

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def orchestrate(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Run]:
    """Calls the real entry point in this process: (exit code, stdout, stderr)."""
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path / "runs"))
    monkeypatch.chdir(tmp_path)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["orchestrate", *words])
        with pytest.raises(SystemExit) as leave:
            entry.main()
        assert isinstance(leave.value.code, int)
        said = capsys.readouterr()
        return leave.value.code, said.out, said.err

    yield call
    for number, handler in before.items():
        signal.signal(number, handler)


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """`orchestrate list` ends with this error."""

    @click.command("list")
    def command() -> None:
        raise error

    from orchestrator.cli import listing

    monkeypatch.setattr(listing, "command", command)


def test_help_names_every_command_and_exit_code(orchestrate: Run) -> None:
    for words in (("--help",), ("-h",)):
        code, out, err = orchestrate(*words)
        assert (code, err) == (0, "")
        assert all(f"  {name} " in out for name in COMMANDS)
        assert "Exit codes: 0 proven green" in out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(orchestrate: Run, name: str) -> None:
    code, out, err = orchestrate(name, "--help")
    assert (code, err) == (0, "")
    assert out.startswith("Usage: ") and f"orchestrate {name} [OPTIONS]" in out.splitlines()[0]
    short = COMMANDS[name][1]
    assert len(short) < 75 and short.endswith(".")


def test_every_option_of_boot_says_what_it_does() -> None:
    from orchestrator.cli.boot import command

    options = [param for param in command.params if isinstance(param, click.Option)]
    assert len(options) > 8
    assert [option.name for option in options if not option.help] == []


def test_version(orchestrate: Run) -> None:
    assert orchestrate("--version")[:2] == (0, f"orchestrate, version {__version__}\n")


# words → (exit code, what standard error holds)
MISTAKES = {
    ("nonsense",): (2, "No such command 'nonsense'"),
    ("boot",): (2, "Missing option '--config'"),
    ("boot", "--config", "numa", "--nonsense"): (2, "No such option"),
    ("boot", "--config", "nmua"): (2, "did you mean numa?"),
    ("boot", "--config", "numa,nonuma"): (2, "exclude each other"),
    ("boot", "--config", "numa", "--topology", "memoryles"): (2, "did you mean memoryless?"),
    ("boot", "--config", "numa", "--topology", "./none.toml"): (2, "cannot read the topology"),
    ("boot", "--config", "numa", "--suite", "plasement"): (2, "no suite named 'plasement'"),
    ("boot", "--config", "numa", "--source", "ftp://x"): (2, "ftp"),
    ("boot", "--config", "numa", "--patch", "none.patch"): (2, "none.patch"),
    ("boot", "--config", "numa", "--tree", "t", "--source", "default"): (2, "exclude each other"),
    ("boot", "--config", "numa", "--kmod", "none"): (2, "no *_test.c there"),
    ("boot", "--config", "numa", "--accel", "xen"): (2, "xen"),
    ("boot", "--config", "numa", "-j", "0"): (2, "0"),
    ("boot", "--config", "numa", "--json", "none/run.json"): (2, "cannot write none/run.json"),
    ("boot", "--config", "numa", "--junit", "none/j.xml"): (2, "cannot write none/j.xml"),
    ("judge",): (2, "Missing argument 'RUN'"),
    ("judge", "nowhere"): (2, "no run 'nowhere'"),
    ("list", "nonsense"): (2, "nonsense"),
    ("clean", "--older-than", "-1"): (2, "-1"),
}


@pytest.mark.parametrize("words", MISTAKES, ids=" ".join)
def test_a_mistake_is_answered_at_once(
    orchestrate: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
    expected, said = MISTAKES[words]
    code, out, err = orchestrate(*words)
    assert (code, out) == (expected, "")
    assert said in err
    assert "Traceback" not in err
    assert len(err.splitlines()) <= 5
    assert not (tmp_path / "runs").exists()  # nothing was begun


@pytest.mark.parametrize(
    ("error", "code", "lines"),
    [
        (UsageError("what", "do this"), 2, ["orchestrate: what", "  do this"]),
        (BuildBroken("what"), 1, ["orchestrate: what"]),
        (InfrastructureError("what", "do"), 3, ["orchestrate: what", "  do"]),
        (OrchestrateError("what"), 3, ["orchestrate: what"]),
        (KeyboardInterrupt(), 130, ["", "orchestrate: interrupted; nothing is left running"]),
        (OSError(28, "No space left", "/f"), 3, ["orchestrate: No space left: /f"]),
        (OSError("odd"), 3, ["orchestrate: odd:"]),
        (click.UsageError("what"), 2, ["Error: what"]),
    ],
)
def test_each_error_has_its_exit_code(
    orchestrate: Run,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    code: int,
    lines: list[str],
) -> None:
    failing(monkeypatch, error)
    got, out, err = orchestrate("list")
    assert (got, out) == (code, "")
    assert err.splitlines()[-len(lines) :] == lines


def test_an_error_does_not_act_on_the_terminal(
    orchestrate: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of an archive that has a member of such a name."""
    failing(monkeypatch, UsageError("the link \x1b]0;x\x07\x1b[2J points outside", "to \x9b31m\ny"))
    _, out, err = orchestrate("list")
    assert not set(out + err) & set("\x1b\x07\x9b")
    assert "orchestrate: the link \\x1b]0;x\\x07\\x1b[2J points outside" in err.splitlines()
    assert err.splitlines()[-2:] == ["  to \\x9b31m", "y"]


def test_a_log_is_named_if_it_exists(
    orchestrate: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    failing(monkeypatch, InfrastructureError("what", log=tmp_path / "log"))
    assert "log" not in orchestrate("list")[2]
    (tmp_path / "log").touch()
    assert f"  log: {tmp_path / 'log'}" in orchestrate("list")[2]


def test_list_shows_everything_there_is(orchestrate: Run) -> None:
    code, out, _ = orchestrate("list")
    names = {line.split()[0] for line in out.splitlines() if line.startswith("  ")}
    assert code == 0
    assert names >= set(fragments.shipped()) | set(topology.shipped())
    assert names >= {suite.name for suite in suites.shipped()}
    only = orchestrate("list", "topologies")[1]
    assert "numa4" in only and "kasan" not in only


def test_clean_says_what_would_go_and_then_drops_it(orchestrate: Run, tmp_path: Path) -> None:
    entry = tmp_path / "cache/kernels/key"
    entry.mkdir(parents=True)
    (entry / "vmlinux").write_bytes(b"x" * (3 << 20))
    assert orchestrate("clean", "-n")[:2] == (
        0,
        f"would drop {entry} (3 MiB)\n3 MiB could be freed\n",
    )
    assert entry.is_dir()
    assert orchestrate("clean")[:2] == (0, f"dropping {entry} (3 MiB)\n3 MiB freed\n")
    assert not entry.exists()
    assert orchestrate("clean")[1] == "0 MiB freed\n"


def saved(folder: Path, verdict: Verdict) -> Path:
    """A run that ended before the boot, as it is left on disk."""
    finding = Finding("run", verdict, Fault.KERNEL, "it does not apply")
    result = RunResult(verdict, (finding,), folder, ("orchestrate", "boot"), "2026-11-23T12:00:00")
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(to_json(document(result)))
    return folder


@pytest.mark.parametrize(
    ("verdict", "code"),
    [(Verdict.PATCH_BROKEN, 1), (Verdict.BUILD_BROKEN, 1), (Verdict.INFRASTRUCTURE, 3)],
)
def test_judge_ends_with_the_verdicts_code(
    orchestrate: Run, tmp_path: Path, verdict: Verdict, code: int
) -> None:
    run = saved(tmp_path / "runs/mine", verdict)
    before = sorted(path.name for path in run.iterdir())
    for name in ("mine", str(run)):
        got, out, err = orchestrate("judge", name)
        assert (got, err) == (code, "")
        assert "it does not apply" in out
        assert out.splitlines()[-1].startswith(f"verdict: {verdict.value}")
    assert sorted(path.name for path in run.iterdir()) == before


def test_judge_writes_what_is_asked_for(orchestrate: Run, tmp_path: Path) -> None:
    run = saved(tmp_path / "runs/mine", Verdict.PATCH_BROKEN)
    code, out, err = orchestrate("judge", "mine", "--json", "-", "--junit", "j.xml")
    assert code == 1
    assert out == (run / "run.json").read_text()
    assert "verdict: patch-broken" in err
    assert "<failure" in (tmp_path / "j.xml").read_text()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"verdict": "pass"}'])
def test_a_damaged_run_cannot_be_judged(orchestrate: Run, tmp_path: Path, text: str) -> None:
    run = saved(tmp_path / "runs/mine", Verdict.PATCH_BROKEN)
    (run / "run.json").write_text(text)
    code, out, err = orchestrate("judge", "mine")
    assert (code, out) == (2, "")
    assert f"{run} cannot be judged" in err


def test_sigterm_ends_like_an_interrupt(tmp_path: Path) -> None:
    """In a process of its own: a command that sleeps is told to end."""
    code = (
        "import sys, time, click; from orchestrator.cli import main, listing\n"
        "@click.command('list')\n"
        "def sleeper():\n    print('up', flush=True); time.sleep(60)\n"
        "listing.command = sleeper; sys.argv = ['orchestrate', 'list']; main.main()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout and child.stdout.readline() == "up\n"
    child.send_signal(signal.SIGTERM)
    _, err = child.communicate(timeout=50)  # less than it would have slept
    assert child.returncode == 130
    assert err.strip() == "orchestrate: interrupted; nothing is left running"


def test_a_second_ctrl_c_does_not_end_the_cleaning_up(tmp_path: Path) -> None:
    code = (
        "import sys, time, pathlib, click; from orchestrator.cli import main, listing\n"
        "@click.command('list')\n"
        "def sleeper():\n"
        "    try:\n        print('up', flush=True); time.sleep(60)\n"
        "    finally:\n        print('cleaning', flush=True); time.sleep(0.5); print('clean')\n"
        "listing.command = sleeper; sys.argv = ['orchestrate', 'list']; main.main()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout and child.stdout.readline() == "up\n"
    child.send_signal(signal.SIGINT)
    assert child.stdout.readline() == "cleaning\n"
    child.send_signal(signal.SIGINT)
    child.send_signal(signal.SIGTERM)
    out, err = child.communicate(timeout=10)
    assert (child.returncode, out) == (130, "clean\n"), err
    assert err.strip() == "orchestrate: interrupted; nothing is left running"


def test_a_wrong_list_of_known_issues_is_told_before_anything_is_built(
    orchestrate: Run, tmp_path: Path
) -> None:
    (tmp_path / "known.toml").write_text("[[issue]]\nid = 'a'\n")
    for file, said in (("known.toml", "known.toml:1: no owner"), ("none.toml", "cannot read")):
        code, _, err = orchestrate("boot", "--config", "numa", "--known-issues", file)
        assert (code, said in err) == (2, True), err
