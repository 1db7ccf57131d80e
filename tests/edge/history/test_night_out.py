# SPDX-License-Identifier: GPL-2.0-only
"""`nightly report` and `nightly notify` as commands, on a real history, to real receivers."""

from __future__ import annotations

import email
import io
import json
import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from email import policy
from pathlib import Path
from typing import Any

import pytest
from made_nights import BASE, PATCHED, attempt, night, red
from receivers import hook, post_office

from orchestrator.cli.main import main
from orchestrator.edge.history.history import History, open_history
from orchestrator.model.night import CaseRow, CaseStatus, Night
from orchestrator.model.verdict import Verdict
from orchestrator.parse.ktap import parse_ktap

kcidb_io = pytest.importorskip("kcidb_io")
LETTER = ("--mail-to", "list@example.org", "--smtp")
ONE = (CaseRow("s.one", CaseStatus.FAIL, 0.5), CaseRow("s.two", CaseStatus.PASS))
FAILED: dict[str, Any] = {"headline": "s.one failed", "titles": ("s.one failed",), "cases": ONE}


@dataclass(frozen=True)
class Done:
    """What a user sees."""

    returncode: int
    stdout: str
    stderr: str


def call(url: str, command: str, *words: str) -> Done:
    """The command, as its entry point has it, in this process; of the history at this URL."""
    out, err = io.StringIO(), io.StringIO()
    before = sys.argv, {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    sys.argv = ["orchestrate", "nightly", command, "--history", url, *words]
    try:
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
            main()
    finally:
        sys.argv, handlers = before
        for one, handler in handlers.items():
            signal.signal(one, handler)
    code = ended.value.code
    assert isinstance(code, int)
    return Done(code, out.getvalue(), err.getvalue())


@pytest.fixture
def kept(tmp_path: Path) -> str:
    """Three nights: green; s.one fails with the patch; the same again."""
    url = f"sqlite:///{tmp_path}/nights.db"
    with open_history(url) as history:
        put(history, 0, attempt("A0"), attempt("B0", cell=PATCHED))
        fill(history, 1)
        fill(history, 2)
    return url


def fill(history: History, number: int) -> None:
    bad = red(f"B{number}", number, PATCHED, signatures=(), **FAILED)
    put(history, number, attempt(f"A{number}", number), bad)


def put(history: History, number: int, *attempts: Any, **changes: Any) -> Night:
    made = night(number, **changes)
    history.put_night(made)
    history.put_attempts(made.id, attempts)
    return made


def test_all_formats_at_once_say_the_same(kept: str, tmp_path: Path) -> None:
    files = {name: tmp_path / f"n.{name}" for name in ("junit", "ktap", "json", "kcidb", "mail")}
    words = [word for name, file in files.items() for word in ("--format", name, "-o", str(file))]
    done = call(kept, "report", "N1", *words)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    xml = ElementTree.parse(files["junit"]).getroot()
    assert xml.get("failures") == "2"
    ktap = parse_ktap(files["ktap"].read_text().splitlines())
    assert ktap.errors == () and ktap.counts.failed == 2
    whole = json.loads(files["json"].read_text())
    assert (whole["green"], whole["changed"]) == (False, True)
    assert whole["why"] == ["new failure: s.one failed"]
    data = json.loads(files["kcidb"].read_text())
    kcidb_io.schema.LATEST.validate(data)
    assert sorted(each["status"] for each in data["tests"]).count("FAIL") == 2
    mail = email.message_from_bytes(files["mail"].read_bytes(), policy=policy.default)
    assert mail["Subject"] == "[orchestrate] m: 1 new failure (7.3.4)"


def test_the_latest_night_is_what_is_told(kept: str) -> None:
    done = call(kept, "report", "--format", "json")
    assert json.loads(done.stdout)["night"]["id"] == "N2"
    assert json.loads(done.stdout)["counts"] == {"still failing": 1}
    assert call(kept, "report", "--format", "json", "--matrix", "m").stdout == done.stdout


def test_a_quarantine_is_told(kept: str, tmp_path: Path) -> None:
    file = tmp_path / "quarantine.toml"
    file.write_text(
        '[[quarantine]]\ntests = "s.one"\nowner = "who@example.org"\nreason = "known"\n'
        "until = 2999-01-31\n"
    )
    done = call(kept, "report", "N1", "--format", "junit", "--quarantine", str(file))
    xml = ElementTree.fromstring(done.stdout)
    assert (xml.get("failures"), xml.get("errors")) == ("0", "0")
    assert "quarantined until 2999-01-31 by who@example.org: known" in done.stdout


def test_evidence_comes_from_the_run_that_is_still_there(kept: str, tmp_path: Path) -> None:
    sample = Path(__file__).parents[2] / "unit" / "report"
    sys.path.insert(0, str(sample))
    try:
        from sample_results import run_result
    finally:
        sys.path.remove(str(sample))
    from orchestrator.report.document import document, to_json

    folder = tmp_path / "run"
    folder.mkdir()
    run = document(run_result(Verdict.FAIL))
    (folder / "run.json").write_text(to_json(run))
    (folder / "replay.sh").write_text("#!/bin/sh\n")
    fields = FAILED | {"run_dir": str(folder), "started_at": run.started_at}
    with open_history(kept) as history:
        put(history, 3, red("B3", 3, PATCHED, signatures=(), **fields))
        put(history, 4, red("B4", 4, PATCHED, **(FAILED | {"run_dir": str(folder)})))
    text = call(kept, "report", "N3", "--format", "mail").stdout
    assert f"sh {folder}/replay.sh" in text
    assert run.findings[0].evidence[0].text.strip()[:40] in text
    assert "replay.sh" not in call(kept, "report", "N4", "--format", "mail").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("report",), "Missing option '--format'"),
        (("report", "--format", "html"), "'html' is not one of"),
        (("report", "--format", "json", "--format", "ktap"), "2 formats and 1 files"),
        (("report", "--format", "json", "-o", "a", "-o", "b"), "1 formats and 2 files"),
        (("report", "--format", "json", "-o", "/no/where/a"), "cannot write /no/where/a"),
        (("report", "--format", "json", "--kcidb-origin", "A b"), "small letters"),
        (("report", "--format", "mail", "--mail-to", "a@b\nBcc: c@d"), "is no mail address"),
        (("report", "--format", "json", "nothing"), "there is no night nothing"),
        (("report", "--format", "json", "--matrix", "none"), "it has no night"),
        (("report", "--format", "json", "--quarantine", "/no/file"), "cannot read the quarantine"),
        (("notify",), "nobody is to be told"),
        (("notify", "--mail-to", "a@example.org"), "a mail needs --mail-to and --smtp"),
        (("notify", "--webhook", "ftp://x/y"), "the webhook's URL cannot be used"),
        (("notify", *LETTER, "x", "--secret-file", "f"), "give both"),
        (("notify", "--webhook", "http://h/", "--secret-file", "/no/file"), "No such file"),
        (("notify", *LETTER, "h:x"), "names no server"),
    ],
)
def test_wrong_usage_is_told_in_a_line_or_two(
    kept: str, words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    done = call(kept, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr and "Traceback" not in done.stderr


def test_two_formats_never_go_into_one_file(kept: str, tmp_path: Path) -> None:
    file = str(tmp_path / "x")
    done = call(kept, "report", "--format", "json", "-o", file, "--format", "ktap", "-o", file)
    assert done.returncode == 2 and "one file" in done.stderr


def test_what_changed_is_sent_to_both(kept: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret-key\n")
    with hook(503, 200) as web, post_office() as post:
        done = call(kept, "notify", "N1", "--webhook", web.url, "--secret-file", str(secret),
                    *LETTER, post.place)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "s3cret" not in done.stdout + done.stderr
    assert done.stdout.count("new failure: s.one failed") == 2
    assert len(web.got) == 2
    headers, body = web.got[-1]
    assert headers["Idempotency-Key"] == "N1"
    assert headers["X-Orchestrate-Signature-256"].startswith("sha256=")
    assert json.loads(body)["why"] == ["new failure: s.one failed"]
    ((sender, to, raw),) = post.got
    assert (sender, to) == ("orchestrate@localhost", ["list@example.org"])
    assert b"Subject: [orchestrate] m: 1 new failure (7.3.4)" in raw


@pytest.mark.parametrize("number", [0, 1, 2])
def test_only_what_changed_is_sent(kept: str, number: int) -> None:
    with post_office() as post:
        done = call(kept, "notify", f"N{number}", *LETTER, post.place)
        assert done.returncode == 0, done.stderr
        assert len(post.got) == (number != 2)
        if number == 2:
            assert "nothing sent: nothing changed since the night of 2026-11-02" in done.stdout
            assert call(kept, "notify", "N2", "--always", *LETTER, post.place).returncode == 0
            assert b"1 still failing" in post.got[0][2]


def test_what_is_fixed_is_news_and_a_night_that_goes_on_is_none(kept: str) -> None:
    with open_history(kept) as history:
        new = attempt("B3", 3, PATCHED, tree_key="repaired")
        put(history, 3, attempt("A3", 3), new)
        put(history, 4, red("B4", 4, PATCHED, **FAILED), ended_at="")
    with post_office() as post:
        assert "fixed: s.one" in call(kept, "notify", "N3", *LETTER, post.place).stdout
        done = call(kept, "notify", *LETTER, post.place)
    assert "nothing sent: the night has not come to its end" in done.stdout
    assert len(post.got) == 1


def test_one_that_cannot_be_reached_keeps_it_from_no_other(kept: str) -> None:
    with hook(404) as web, post_office() as post:
        before = call(kept, "report", "N1", "--format", "json").stdout
        done = call(kept, "notify", "N1", "--webhook", web.url, *LETTER, post.place)
        after = call(kept, "report", "N1", "--format", "json").stdout
    assert done.returncode == 3
    assert "it answered 404" in done.stderr and "s3cret" not in done.stdout + done.stderr
    assert "sent to list@example.org" in done.stdout and len(post.got) == 1
    assert before == after


def test_every_cell_failed_for_the_hosts_sake(kept: str) -> None:
    hosts = {"verdict": Verdict.INFRASTRUCTURE, "headline": "QEMU did not start", "boot_s": None}
    with open_history(kept) as history:
        put(history, 3, attempt("A3", 3, **hosts), attempt("B3", 3, PATCHED, **hosts))
    xml = ElementTree.fromstring(call(kept, "report", "--format", "junit").stdout)
    assert (xml.get("failures"), xml.get("errors")) == ("0", "3")
    data = json.loads(call(kept, "report", "--format", "kcidb").stdout)
    assert {each["status"] for each in data["tests"]} <= {"ERROR", "MISS"}
    with post_office() as post:
        call(kept, "notify", *LETTER, post.place)
    assert b"nothing is known of any kernel" in post.got[0][2]


def test_both_sorts_of_history_tell_the_same(url: str, kept: str) -> None:
    with open_history(url) as history:
        put(history, 0, attempt("A0"), attempt("B0", cell=PATCHED))
        fill(history, 1)
        fill(history, 2)
    for form in ("junit", "kcidb"):
        assert (
            call(url, "report", "--format", form).stdout
            == call(kept, "report", "--format", form).stdout
        )


def test_without_kcidbs_library_it_is_written_and_said(kept: str, tmp_path: Path) -> None:
    (tmp_path / "kcidb_io.py").write_text("raise ImportError('hidden')\n")
    paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    words = ["-m", "orchestrator", "nightly", "report", "--format", "kcidb", "--history", kept]
    done = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert done.returncode == 0
    assert "pip install 'orchestrate[kcidb]'" in done.stderr
    kcidb_io.schema.LATEST.validate(json.loads(done.stdout))


def test_base_is_told_beside_the_patch(kept: str) -> None:
    whole = json.loads(call(kept, "report", "N1", "--format", "json").stdout)
    by_patch = {each["cell"]["patch"]: each for each in whole["cells"]}
    assert by_patch["fix"]["standing"]["against_base"] == "new failure"
    assert by_patch[""]["said"] == "pass" and BASE.patch == ""
