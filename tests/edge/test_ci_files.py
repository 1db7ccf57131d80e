# SPDX-License-Identifier: GPL-2.0-only
"""docs/ci: valid where they go, every command line one that we take, exit codes as they say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from ci_files import FOLDER, NAMES, commands, parse, yaml

from orchestrator.model.night_told import Said
from orchestrator.workflow.night_out import FORMATS

SCHEMAS = {
    "github-actions.yml": "vendor.github-workflows",
    "gitlab-ci.yml": "vendor.gitlab-ci",
}
CODES = {0: "pass", 1: "fail", 2: "usage", 3: "infrastructure", 130: "interrupted"}


@pytest.mark.parametrize("name", NAMES)
def test_every_command_line_is_one_we_take(name: str) -> None:
    found = commands((FOLDER / name).read_text())
    assert found or name.endswith(".timer")
    for words in found:
        parse(words)
    if found:
        assert ["nightly", "run"] in [words[:2] for words in found]
        assert ["nightly", "notify"] in [words[:2] for words in found]


@pytest.mark.parametrize("name", ["outputs.md", "ci.md"])
def test_every_command_line_of_the_pages_is_one_we_take(name: str) -> None:
    lines = (FOLDER.parent / name).read_text().splitlines()
    shown = [line.partition(" # ")[0] for line in lines if line.startswith("    orchestrate ")]
    assert shown or name == "ci.md"
    for words in commands("\n".join(shown)):
        parse(words)


def test_the_page_has_all_that_can_be_said() -> None:
    text = (FOLDER.parent / "outputs.md").read_text()
    assert [said.value for said in Said if f"\n| {said.value} |" not in text] == []
    assert [form for form in FORMATS if f"\n## {form.upper()}\n" not in text.upper()] == []


@pytest.mark.parametrize(
    "text",
    [
        "./bootstrap nightly run",
        "- ./orchestrate/bootstrap nightly report --format html",
        "ExecStart=/srv/orchestrate/bootstrap nightly rum nightly.toml",
        "1 2 * * * cd x && flock -n .l ~/orchestrate/bootstrap nightly notify --smpt x > log",
        "orchestrate nightly run a.toml \\\n    --budgets 5h || code=$?",
        "orchestrate nightly run a.toml --budget soon",
        "orchestrate nightly",
    ],
)
def test_a_command_line_we_do_not_take_is_found(text: str) -> None:
    (words,) = commands(text)
    with pytest.raises(click.ClickException):
        parse(words)


@pytest.mark.parametrize("name", SCHEMAS)
def test_it_is_as_the_service_has_it(name: str, tmp_path: Path) -> None:
    assert _schema(FOLDER / name, SCHEMAS[name]) == 0
    text = (FOLDER / name).read_text()
    broken = {
        "github-actions.yml": ("runs-on:", "runs-at:"),
        "gitlab-ci.yml": ("allow_failure:\n    exit_codes: [3]", "allow_failure:\n    codes: [3]"),
    }
    file = tmp_path / name
    assert broken[name][0] in text
    file.write_text(text.replace(*broken[name]))
    assert _schema(file, SCHEMAS[name]) == 1


def _schema(file: Path, schema: str) -> int:
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    return subprocess.run(words, capture_output=True, timeout=60).returncode


def systemd(folder: Path, service: str) -> subprocess.CompletedProcess[str]:
    """The unit and its timer as systemd reads them, where the checkout is this one."""
    folder.mkdir()
    home = Path(__file__).parents[2]
    (folder / "orchestrate-nightly.service").write_text(
        service.replace("/srv/orchestrate", str(home)).replace("User=orchestrate", "User=root")
    )
    shutil.copy(FOLDER / "orchestrate-nightly.timer", folder)
    units = [str(folder / f"orchestrate-nightly.{kind}") for kind in ("service", "timer")]
    return subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units],
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    text = (FOLDER / "orchestrate-nightly.service").read_text()
    good = systemd(tmp_path / "good", text)
    assert (good.returncode, _of_ours(good.stderr)) == (0, [])
    bad = systemd(tmp_path / "bad", text.replace("Type=oneshot", "Typ=oneshot"))
    assert _of_ours(bad.stderr)


def _of_ours(text: str) -> list[str]:
    """What it says of our units; it reads the host's own beside them."""
    return [line for line in text.splitlines() if "orchestrate-nightly" in line]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_the_timer_comes_every_night() -> None:
    text = (FOLDER / "orchestrate-nightly.timer").read_text()
    (when,) = re.findall(r"^OnCalendar=(.*)$", text, re.MULTILINE)
    words = ["systemd-analyze", "calendar", "--iterations=2", when]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.count("01:17:00") >= 2


FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


def cron_errors(text: str) -> list[str]:
    """What cron would not take, a line each: as crontab(5) has it, without names of days."""
    found = []
    for line in filter(None, (each.strip() for each in text.splitlines())):
        if line.startswith("#") or re.match(r"[A-Za-z_]\w*\s*=", line):
            continue
        words = line.split(None, 5)
        if len(words) < 6:
            found.append(f"six fields: {line}")
            continue
        found += [
            f"{word}: {line}"
            for word, (low, high) in zip(words, FIELDS, strict=False)
            if word != "*" and not (word.isdigit() and low <= int(word) <= high)
        ]
        if re.search(r"(?<!\\)%", words[5]):  # which cron makes a line end of
            found.append(f"%: {line}")
    return found


def test_cron_takes_the_table() -> None:
    assert cron_errors((FOLDER / "crontab").read_text()) == []
    assert cron_errors("MAILTO=x\n61 1 * * * a\n1 1 * * a\n1 1 * * * date +%s\n") == [
        "61: 61 1 * * * a", "six fields: 1 1 * * a", "%: 1 1 * * * date +%s",
    ]  # fmt: skip


@pytest.fixture
def stub(tmp_path: Path) -> Path:
    """A folder to run scripts in. Each bootstrap there ends with what CODE says for `run`, 0 else;
    calls has what it was asked."""
    for place in ("orchestrate", "home/orchestrate"):
        folder = tmp_path / place
        folder.mkdir(parents=True)
        script = folder / "bootstrap"
        script.write_text(
            f'#!/bin/sh\necho "$*" >> {tmp_path}/calls\n'
            'case "$2" in run) exit "$CODE";; report) : > report.txt;;\n'
            'notify) exit "$TOLD";; esac\n'
        )
        script.chmod(0o755)
    (tmp_path / "home" / "nightly").mkdir()
    return tmp_path


def run(script: str, folder: Path, code: int, shell: str = "bash -eo pipefail", told: int = 0):  # type: ignore[no-untyped-def]
    return subprocess.run(
        [*shell.split(), "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        env={
            **os.environ,
            "CODE": str(code),
            "TOLD": str(told),
            "HOME": str(folder / "home"),
            "GITHUB_OUTPUT": str(folder / "output"),
            "NIGHTLY_WEBHOOK": "https://example.org/",
            "NIGHTLY_WEBHOOK_SECRET": "secret",
        },
    )


@pytest.mark.parametrize("code", CODES)
def test_github_a_kernel_is_another_jobs_matter(code: int, stub: Path) -> None:
    jobs = yaml("github-actions.yml")["jobs"]
    (step,) = [each for each in jobs["run"]["steps"] if each.get("id") == "night"]
    done = run(step["run"], stub, code, "bash -e")
    assert done.returncode == (0 if code == 1 else code)
    assert (stub / "output").read_text() == f"code={code}\n"
    kernels = jobs["kernels"]
    passed_on = f"needs.run.outputs.code == '{code}'" in kernels["if"]
    assert passed_on == (code in (0, 1))
    assert run(kernels["steps"][0]["run"], stub, code).returncode == code


def test_github_steps_after_the_night_run_whatever_it_came_to() -> None:
    steps = yaml("github-actions.yml")["jobs"]["run"]["steps"]
    names = [step.get("id", step.get("name", step.get("uses"))) for step in steps]
    after = steps[names.index("night") + 1 :]
    assert len(after) >= 4 and all(step["if"].startswith("always()") for step in after)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("told", [0, 3])
def test_gitlab_tells_a_red_kernel_from_a_failed_host(code: int, told: int, stub: Path) -> None:
    job = yaml("gitlab-ci.yml")["nightly"]
    done = run("\n".join(job["script"]), stub, code, told=told)
    assert done.returncode == code
    allowed = job["allow_failure"]["exit_codes"]
    assert (code in allowed) == (CODES[code] == "infrastructure")
    calls = (stub / "calls").read_text()
    assert ("nightly notify" in calls) == (code != 2)


def test_systemd_tells_a_red_kernel_from_a_failed_host() -> None:
    text = (FOLDER / "orchestrate-nightly.service").read_text()
    assert re.findall(r"^SuccessExitStatus=(.*)$", text, re.MULTILINE) == ["1"]
    after = re.findall(r"^ExecStopPost=(.)", text, re.MULTILINE)
    assert after == ["-", "-"]


@pytest.mark.parametrize("code", CODES)
def test_cron_mails_only_what_is_no_kernels_doing(code: int, stub: Path) -> None:
    lines = (FOLDER / "crontab").read_text().splitlines()
    (line,) = [each for each in lines if "nightly run" in each and not each.startswith("#")]
    done = run(line.split(None, 5)[5], stub, code, "sh")
    assert bool(done.stdout) == (code > 1)
    assert done.stderr == ""
