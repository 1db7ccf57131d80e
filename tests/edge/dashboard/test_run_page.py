# SPDX-License-Identifier: GPL-2.0-only
"""`orchestrate report` of run directories: whole, cut short, damaged, and without their tree."""

from __future__ import annotations

import json
import resource
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from made_run import Made, write_run

from orchestrator.cli.report import command
from orchestrator.edge import source_lines
from orchestrator.edge.source_lines import Sources
from orchestrator.model import rundir as names
from orchestrator.model.errors import UsageError
from orchestrator.model.symbols import CodePlace, CodeRef, ResolvedRef, SymbolTable
from orchestrator.model.verdict import Verdict
from orchestrator.report.document import to_json
from orchestrator.report.run_page import run_page
from orchestrator.workflow.run_page import gather

SOURCE = "".join(f"line_{number}();\n" for number in range(1, 30))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that has the sources of the runs with the keys "k" and "m"."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(folder))
    for file in ("kernels/k/src/kernel/kthread.c", "modules/m/orch_made_test.c"):
        (folder / file).parent.mkdir(parents=True)
        (folder / file).write_text(SOURCE)
    return folder


def report(*args: str) -> Result:
    return CliRunner().invoke(command, list(args), standalone_mode=False)


def changed(file: Path, keep: float) -> None:
    """The file, cut."""
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * keep)])


def test_a_page_is_written_into_the_run(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", Made())
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    done = report(str(run))
    assert (done.return_value, done.output) == (0, f"{run / 'report.html'}\n")
    page = (run / "report.html").read_text()
    assert '<span id="verdict" class="good">pass</span>' in page
    assert 'href="./trace.log"' in page and 'id="damage"' not in page
    after = {path.name: path.read_bytes() for path in run.iterdir()}
    assert after.keys() - before.keys() == {"report.html"}
    assert {name: after[name] for name in before} == before


def test_a_page_elsewhere_links_to_nothing_that_is_not_there(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", Made())
    report(str(run), "--html", str(tmp_path / "page.html"))
    page = (tmp_path / "page.html").read_text()
    assert "trace.log" in page and "href=" in page and 'href="./' not in page
    assert not (run / "report.html").exists()


def test_it_is_the_same_each_time(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", Made(failed=2))
    assert run_page(gather(run)) == run_page(gather(run))


def test_the_source_is_shown_while_it_is_there(tmp_path: Path, cache: Path) -> None:
    made = Made(warned=True, failed=3, coverage=True, keys=(("kernel", "k"), ("module", "m")))
    run = write_run(tmp_path / "run", made)
    page = gather(run)
    assert set(page.sources) == {("kernel/kthread.c", 12), ("orch_made_test.c", 7)}
    assert page.sources["kernel/kthread.c", 12].text[3] == "line_12();"
    shown = run_page(page)
    assert "<b>    12&gt; line_12();</b>" in shown
    assert "     8  line_8();\n     9  line_9();\n" in shown and "\\x0a" not in shown
    assert "     5  line_5();\n\n    12  line_12();\n" in shown, "a gap where others ran"
    assert "2 of 5 lines" in shown and "    12  line_12();" in shown, "never run, by gcov"
    (cache / "kernels/k/src/kernel/kthread.c").unlink()
    assert "1 of the named places are not in the sources" in run_page(gather(run))


def test_without_the_cache_places_are_named_only(tmp_path: Path, cache: Path) -> None:
    run = write_run(tmp_path / "run", Made(warned=True, coverage=True, keys=(("kernel", "gone"),)))
    shown = run_page(gather(run))
    assert "no longer in the cache" in shown and 'class="src"' not in shown
    assert "never run: 4–5, 12" in shown


@pytest.mark.parametrize(
    "name",
    ["../secret.c", "/etc/passwd", "link.c", "up/secret.c", "dir.c", "a\0b.c", "x/" * 3000 + "y.c"],
)
def test_no_name_leads_out_of_the_tree(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    (root / "dir.c").mkdir(parents=True)
    (tmp_path / "secret.c").write_text("secret\n")
    (root / "link.c").symlink_to(tmp_path / "secret.c")
    (root / "up").symlink_to(tmp_path)
    assert Sources([root]).spot(name, 1) is None


def test_what_is_not_there_is_no_spot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.c").write_text("one\ntwo\n")
    at = Sources([tmp_path / "gone", tmp_path])
    found = at.spot("a.c", 2)
    assert found and (found.first, found.text) == (1, ("one", "two"))
    assert [at.spot("a.c", line) for line in (0, -1, 3)] == [None] * 3
    monkeypatch.setattr(source_lines, "MOST_BYTES", 3)
    assert Sources([tmp_path]).spot("a.c", 1) is None
    assert not Sources([tmp_path / "gone"]).there


# What was done to a green run → the file that is told at the top.
HARM = [
    (names.TRACE, 0.5), (names.TRACE, None), (names.KMSG, 0.5), (names.KMSG, None),
    (names.RESULTS, 0.6), (names.RESULTS, 0.0), (names.RESULTS, None), (names.CONSOLE, None),
]  # fmt: skip


@pytest.mark.parametrize(("file", "keep"), HARM)
def test_a_file_that_is_cut_or_gone_is_told_and_is_never_green(
    tmp_path: Path, file: str, keep: float | None
) -> None:
    run = write_run(tmp_path / "run", Made())
    assert gather(run).result.verdict is Verdict.PASS
    if keep is None:
        (run / file).unlink()
    else:
        changed(run / file, keep)
    page = gather(run)
    assert any(text.startswith(file) for text in page.damage), page.damage
    shown = run_page(page)
    assert 'id="damage"' in shown
    if file == names.CONSOLE:  # no verdict rests on it where the log came by its own channel
        return
    assert page.result.verdict.exit_code != 0
    assert 'class="good"' not in shown and "run.json says pass" in shown


@pytest.mark.parametrize("file", [names.RUN, names.PLAN, names.VM])
@pytest.mark.parametrize("keep", [0.5, 0.0, None])
def test_without_these_there_is_no_page(tmp_path: Path, file: str, keep: float | None) -> None:
    run = write_run(tmp_path / "run", Made())
    if keep is None:
        (run / file).unlink()
    else:
        changed(run / file, keep)
    done = report(str(run))
    assert isinstance(done.exception, UsageError)
    assert not (run / "report.html").exists()


def test_a_pass_that_nothing_shows_is_none(tmp_path: Path) -> None:
    """run.json says so, and there is no machine at all."""
    run = write_run(tmp_path / "run", Made())
    document = json.loads((run / names.RUN).read_text())
    (run / names.RUN).write_text(json.dumps(document | {"outcome": None}))
    (run / names.VM).unlink()
    assert isinstance(report(str(run)).exception, UsageError)


def test_damaged_coverage_is_told(tmp_path: Path, cache: Path) -> None:
    run = write_run(tmp_path / "run", Made(coverage=True))
    changed(run / names.LINES, 0.5)
    assert "coverage.json is damaged" in run_page(gather(run))
    (run / names.LINES).unlink()
    assert "gcov.tar has counters that no kernel of the cache fits" in run_page(gather(run))


def test_events_that_are_gone_are_counted(tmp_path: Path) -> None:
    """Whole lines less, and the end mark there: the verdict does not see it, the page does."""
    run = write_run(tmp_path / "run", Made(cases=4))
    lines = (run / names.TRACE).read_text().splitlines(keepends=True)
    works = [n for n, line in enumerate(lines) if "orch_work:" in line][:1]
    kept = "".join(line for n, line in enumerate(lines) if n not in works)
    (run / names.TRACE).write_text(kept)
    page = gather(run)
    count = len(lines) - 3
    said = f"run.json counted {count} trace events, trace.log has {count - 1}"
    assert said in page.damage


def test_a_key_is_never_a_path(tmp_path: Path, cache: Path) -> None:
    """run.json may come from anybody."""
    (cache / "kernels/src/kernel").mkdir(parents=True)
    (cache / "kernels/src/kernel/kthread.c").write_text(SOURCE)
    for key in ("..", "../kernels/k", "/", ""):
        run = write_run(tmp_path / f"run{len(key)}", Made(warned=True, keys=(("kernel", key),)))
        assert gather(run).sources == {}


def test_a_run_that_never_booted_has_a_page(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", Made())
    document = json.loads((run / names.RUN).read_text())
    document |= {"verdict": "build-broken", "outcome": None, "exit_code": 1}
    (run / names.RUN).write_text(json.dumps(document))
    (run / names.VM).unlink()
    shown = run_page(gather(run))
    assert 'class="bad">build-broken</span>' in shown and 'class="good"' not in shown
    assert "it never got to a boot" in shown


def test_wrong_usage(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", Made())
    for args in (("nowhere",), (str(run), "--html", str(tmp_path / "no" / "x.html")),
                 (str(run), "--html", "-", "--open"),
                 (str(run), "--html", "-", "--perfetto", "-")):  # fmt: skip
        done = report(*args)
        assert isinstance(done.exception, UsageError), args
    assert not (run / "report.html").exists()


@pytest.mark.parametrize("option", ["--html", "--perfetto"])
def test_no_file_of_the_run_is_written_over(tmp_path: Path, option: str) -> None:
    run = write_run(tmp_path / "run", Made())
    before = (run / names.TRACE).read_bytes()
    done = report(str(run), option, str(tmp_path / "run" / ".." / "run" / names.TRACE))
    assert isinstance(done.exception, UsageError)
    assert (run / names.TRACE).read_bytes() == before


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk: the kernel's own refusal."""
    run = write_run(tmp_path / "run", Made())
    before = sorted(path.name for path in run.iterdir())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        done = report(str(run))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert isinstance(done.exception, OSError)
    assert sorted(path.name for path in run.iterdir()) == before


def test_standard_output_has_the_page_alone(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", Made())
    done = report(str(run), "--html", "-")
    assert done.output.startswith("<!doctype html>") and done.output.rstrip().endswith("</html>")


def test_a_trace_is_written_instead(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", Made())
    done = report(str(run), "--perfetto", str(tmp_path / "t.pftrace"))
    assert done.return_value == 0 and (tmp_path / "t.pftrace").stat().st_size > 1000
    assert not (run / "report.html").exists()


def test_frames_show_the_lines_they_mean_inlined_ones_too(tmp_path: Path, cache: Path) -> None:
    run = write_run(tmp_path / "run", Made(warned=True, keys=(("kernel", "k"),)))
    (cache / "kernels/k/src/include").mkdir()
    (cache / "kernels/k/src/include/a.h").write_text(SOURCE)
    places = (CodePlace("inner", "include/a.h", 3), CodePlace("kthread", "kernel/kthread.c", 20))
    table = SymbolTable((ResolvedRef(CodeRef("kthread", 0x20, 0x30), places),))
    (run / names.SYMBOLS).write_text(to_json(table))
    page = gather(run)
    (text,) = (text for text in page.spots if "kthread+0x20" in text)
    assert page.spots[text] == (("include/a.h", 3), ("kernel/kthread.c", 20))
    shown = run_page(page)
    assert "(include/a.h:3 in inner, inlined at kernel/kthread.c:20)" in shown
    assert "<b>     3&gt; line_3();</b>" in shown and "<b>    20&gt; line_20();</b>" in shown
    assert shown.count("<details open><summary>kernel/kthread.c:12</summary>") == 1
    assert shown.count("<details><summary>include/a.h:3</summary>") == 1, "the first alone is open"
