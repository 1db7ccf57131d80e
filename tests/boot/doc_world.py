# SPDX-License-Identifier: GPL-2.0-only
"""A reader's home folder, in which the commands of our documents are typed, one after the other.

Everything is real: a checkout of a kernel in ~/linux, patches, modules, runs that earlier commands
made, a mail server, a web server, an archive of mails. docs_home/ holds the reader's own files.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import pexpect
from doc_lines import Known, Line
from doc_servers import Servers
from kernel_git import FILE, kernel_repository
from planted import ALWAYS, NODE, mails, planted, with_function
from running import PATCHES, RED_SUITES, TESTS
from test_bisect_options import option_files
from test_pytest_plugin import loaded
from test_series import write_mbox

from orchestrator.edge.store import cache_root

HOME_FILES = Path(__file__).with_name("docs_home")
SIGNED = "\n\nSay why.\n\nSigned-off-by: A Tester <t@invalid>\n"  # as test_presubmit's
MESSAGE = "20260303-message-id@example.org"
TIMEOUT_S = 1500
_GOES = re.compile(r"(?:mkdir \S+ && )?(cd \S+)")


class World:
    """tree: the unpacked kernel that ~/linux is made from. facts: what lines in the table may name
    in braces."""

    def __init__(self, folder: Path, tree: Path) -> None:
        self.home, self.tree = folder / "home", tree
        self.runs = folder / "runs"
        self._ends = contextlib.ExitStack()
        self._made: dict[str, Path] = {}
        self._page = ""
        self._staying: list[subprocess.Popen[str]] = []
        shutil.copytree(HOME_FILES, self.home)
        shutil.copytree(self.home / "t", self.home / "results")
        shutil.copy(self.home / "t/run", self.home / "test")
        for name in ("a:b", ".gitconfig"):
            (self.home / name).write_text("[user]\nname = A Tester\nemail = t@example.org\n")
        shutil.copy(PATCHES / "rename-only.patch", self.home / "fix.patch")
        self._programs(folder / "bin")
        self.servers = self._ends.enter_context(Servers())
        self.facts = {
            "port": str(_free_port()), "tls": str(_free_port()), "smtp": self.servers.smtp,
            "hook": self.servers.hook, "lore": self.servers.lore, "home": str(self.home),
            "red": str(RED_SUITES),
        }  # fmt: skip
        self.env = {
            **{name: value for name, value in os.environ.items() if "ORCHESTRATE" not in name},
            "HOME": str(self.home),
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(TESTS.parent),
            "ORCHESTRATE_CACHE": str(cache_root()),
            "ORCHESTRATE_RUNS": str(self.runs),
            "ORCHESTRATE_LORE": self.servers.lore,
            "BROWSER": str(folder / "bin/browser"),
            "DOC_PLUGIN": shlex.join(loaded()),
            "DISPLAY": ":99",  # for who looks for one before calling a browser
            "no_proxy": "127.0.0.1,localhost",
            "TERM": "xterm",
        }
        self._linux()

    def close(self) -> None:
        self.leave()
        self._ends.close()

    def leave(self) -> None:
        """What goes on in the background ends, the last one first."""
        while self._staying:
            process = self._staying.pop()
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()

    # Typing.

    def type(self, line: Line, known: Known) -> None:
        """The line as a reader types it, where the page has led to. AssertionError if it ends
        otherwise than the document says."""
        if line.page != self._page:
            self._page = line.page
            self.leave()
            self.topic()
            self.good_fix()
        for name in known.before:
            getattr(self, name)()
        for text in known.typed or [line.text]:
            for name, value in self.facts.items():
                text = text.replace(f"{{{name}}}", value)
            self._one("\n".join([*map(_again, line.goes), text]), known)

    def _one(self, text: str, known: Known) -> None:
        argv = ["bash", "-c", text]
        if known.stays:
            self._begin(argv, known.stays)
            return
        code, said = self._at_terminal(argv, known) if known.keys else self._piped(argv)
        shown = f"$ {text}\nexit {code}\n{said[-6000:]}"
        assert code == known.exit, shown
        assert re.search(known.says, said, re.MULTILINE), f"not said: {known.says}\n{shown}"
        assert "Traceback" not in said, shown

    def _piped(self, argv: list[str]) -> tuple[int, str]:
        done = subprocess.run(
            argv, cwd=self.home, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout

    def _at_terminal(self, argv: list[str], known: Known) -> tuple[int, str]:
        child = pexpect.spawn(
            argv[0], argv[1:], cwd=str(self.home), env=self.env, encoding="utf-8",
            codec_errors="replace", dimensions=(40, 120), timeout=300,
        )  # fmt: skip
        said = ""
        try:
            for wait, key in [*known.keys, ["", ""]]:
                child.expect(wait or pexpect.EOF)
                said += str(child.before) + (str(child.after) if wait else "")
                if key:
                    child.send(key)
        except pexpect.ExceptionPexpect as error:
            raise AssertionError(f"{argv[-1]}: {said}{child.before}") from error
        finally:
            child.close(force=True)
        return child.exitstatus if child.exitstatus is not None else -1, said

    def _begin(self, argv: list[str], says: str) -> None:
        """It goes on; what is typed on it comes from nobody."""
        process = subprocess.Popen(
            argv, cwd=self.home, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
        )  # fmt: skip
        self._staying.append(process)
        said = _until(process.stdout, says)
        assert re.search(says, said), f"$ {argv[-1]}\nnot said: {says}\n{said}"

    # What a reader has.

    def _programs(self, folder: Path) -> None:
        folder.mkdir()
        python = shlex.quote(sys.executable)
        dask = shlex.quote(str(Path(sys.executable).with_name("dask")))
        for name, line in {
            "orchestrate": f'{python} -m orchestrator "$@"',
            "pytest": f'{python} -m pytest -p no:cacheprovider $DOC_PLUGIN "$@"',
            "dask": f'{dask} "$@"',
            "browser": f'printf "%s\\n" "$1" > {shlex.quote(str(folder / "opened"))}',
        }.items():
            (folder / name).write_text(f"#!/bin/sh\nexec {line}\n".replace("exec printf", "printf"))
            (folder / name).chmod(0o755)

    def _linux(self) -> None:
        """~/linux: v7.1 is origin/master; topic, pushed nowhere yet, a good commit beyond it;
        broken one more, with a fault. The first is test_presubmit's, so are its kernels."""
        one = with_function((self.tree / FILE).read_text(), "orch_good")
        history = [(f"kthread: one{SIGNED}", one), ("kthread: the fault", one.replace(NODE, ALWAYS))]
        bare = self.home.parent / "upstream.git"
        base, good, bad = kernel_repository(bare, self.tree, history)
        linux = self.home / "linux"
        linux.mkdir()
        self.git("-C", str(bare), "branch", "--force", "master", base)
        self.git("-C", str(bare), "branch", "-D", "main")
        self.git("-C", str(bare), "tag", "keep", bad)
        self.git("-C", str(bare), "symbolic-ref", "HEAD", "refs/heads/master")
        self.git("clone", "--quiet", "--shared", "--no-checkout", str(bare), ".", cwd=linux)
        self.git("sparse-checkout", "set", "--no-cone", "/Makefile", "/Kbuild", f"/{FILE}",
                 "/scripts/checkpatch.pl", cwd=linux)  # fmt: skip
        self.git("config", "push.default", "current", cwd=linux)
        self.git("tag", "v7.1", base, cwd=linux)
        self.git("branch", "--quiet", "broken", bad, cwd=linux)
        self.git("checkout", "--quiet", "-b", "topic", good, cwd=linux)
        self.git("branch", "--quiet", "--set-upstream-to=origin/master", cwd=linux)

    def git(self, *args: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *args], cwd=cwd or self.home, env=self.env, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    # What was done before: names in the table.

    def broken(self) -> None:
        """~/linux is at the commit with the fault."""
        self.git("checkout", "--quiet", "broken", cwd=self.home / "linux")

    def topic(self) -> None:
        """~/linux is at the good commit."""
        self.git("checkout", "--quiet", "topic", cwd=self.home / "linux")

    def green(self) -> None:
        """The latest run passed."""
        self._latest("green", 0)

    def red(self) -> None:
        """The latest run failed: one case, of a suite of its own."""
        self._latest("red", 1, "--kmod", str(RED_SUITES), "--suite", "orch_red_fail")

    def dumped(self) -> None:
        """The latest run's guest crashed, and its memory was kept."""
        self._latest("dumped", 1, "--kmod", str(RED_SUITES), "--suite", "orch_red_panic",
                     "--topology", "numa2", "--timeout", "6", "--keep-dump")  # fmt: skip

    def _latest(self, name: str, code: int, *args: str) -> None:
        if name not in self._made:
            folder = self.runs / f"before-{name}"
            words = ["orchestrate", "boot", "--config", "numa", "--suite", "create", *args]
            done, said = self._piped(
                ["bash", "-c", shlex.join([*words, "--run-dir", str(folder)])]
            )
            assert done == code, said
            self._made[name] = folder
        latest = self.runs / "latest"
        latest.unlink(missing_ok=True)
        latest.symlink_to(self._made[name])
        self.facts["run"] = self._made[name].name
        keys = json.loads((latest / "run.json").read_text())["keys"]
        self.facts["key"] = str(dict(keys)["kernel"])

    def logs(self) -> None:
        """console.log and trace.txt of a run lie here."""
        self.green()
        for mine, name in (("console.log", "console.log"), ("trace.txt", "trace.log")):
            shutil.copy(self.runs / "latest" / name, self.home / mine)

    def series(self) -> None:
        """series.mbox: the second of three patches has a fault, which the third mends."""
        (self.home / "series.mbox").unlink(missing_ok=True)
        write_mbox(self.home / "series.mbox")

    def bad_series(self) -> None:
        """series.mbox: the first of two patches has a fault."""
        text = (self.tree / FILE).read_text()
        changes = planted(text, ALWAYS)[5:7]
        (self.home / "series.mbox").write_text("".join(mails(text, changes)))
        (self.home / "linux/series.mbox").write_text("".join(mails(text, changes)))

    def on_lore(self) -> None:
        """The archive has a thread with fix.patch."""
        head, _, body = (PATCHES / "rename-only.patch").read_text().partition("\n\n")
        subject = head.partition("Subject: ")[2]
        text = (
            f"From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: A Tester <t@example.org>\n"
            f"Subject: {subject}\nMessage-ID: <{MESSAGE}>\n\n{body}\n"
        )
        self.servers.pages[f"/all/{MESSAGE}/t.mbox.gz"] = gzip.compress(text.encode())

    def night(self) -> None:
        """A night of nightly.toml has been."""
        if "night" not in self.facts:
            if not list(self.runs.glob("night-*/night.json")):
                done, said = self._piped(["bash", "-c", "orchestrate nightly run nightly.toml"])
                assert done == 0, said
            folder = max(self.runs.glob("night-*"), key=lambda path: path.stat().st_mtime)
            self.facts["nightdir"] = str(folder)
            document = (folder / "night.json").read_text()
            self.facts["night"] = json.loads(document)["id"][:6]

    def memoryless_fix(self) -> None:
        """fix.patch is one that fails where a node has no memory."""
        shutil.copy(PATCHES / "lost-without-memory.patch", self.home / "fix.patch")

    def good_fix(self) -> None:
        """fix.patch changes nothing."""
        shutil.copy(PATCHES / "rename-only.patch", self.home / "fix.patch")

    def tutorial(self) -> None:
        """The files of docs/pytest.md are where it says, as it shows them."""
        folder = self.home / "mytest"
        folder.mkdir(exist_ok=True)
        page = (TESTS.parent / "docs/pytest.md").read_text()
        for name, text in re.findall(r"`(\w+\.\w+)`:\n\n```\w+\n(.*?)```\n", page, re.DOTALL):
            (folder / name).write_text(text)
        shutil.copy(PATCHES / "rename-only.patch", folder / "fix.patch")
        assert {path.name for path in folder.iterdir()} >= {"counter.c", "test_counter.py"}

    def memoryless_red(self) -> None:
        """The latest run failed since a node has no memory."""
        self._latest("memoryless", 1, "--topology", "memoryless", "--suite", "park", "--patch",
                     str(PATCHES / "lost-without-memory.patch"))  # fmt: skip

    def hooked(self) -> None:
        """~/linux has our hook before a push."""
        self._piped(["bash", "-c", "cd ~/linux && orchestrate hooks install --only pre-push"])

    def own_hook(self) -> None:
        """~/linux has a hook of the reader's own that calls ours, as docs/hooks.md shows."""
        self.unhooked()
        hook = self.home / "linux/.git/hooks/pre-push"
        hook.write_text('#!/bin/sh\nexec orchestrate hooks pre-push -- "$@"\n')
        hook.chmod(0o755)

    def unhooked(self) -> None:
        """~/linux has no hook."""
        self._piped(["bash", "-c", "cd ~/linux && orchestrate hooks remove"])
        (self.home / "linux/.git/hooks/pre-push").unlink(missing_ok=True)

    def signature(self) -> None:
        """That of the fault of ~/linux is known from a run."""
        self._latest("signature", 1, "--tree", str(self.home / "linux"), "--suite", "placement")
        found = json.loads((self.runs / "latest/run.json").read_text())["findings"]
        self.facts["signature"] = str(found[0]["signature"])

    def leak(self) -> None:
        """~/linux is at a commit that leaks, behind the good one."""
        linux = self.home / "linux"
        self.git("checkout", "--quiet", "-B", "leak", "topic", cwd=linux)
        self.git("apply", str(TESTS / "mutants/bugs/create-info-leak.patch"), cwd=linux)
        self.git("commit", "--quiet", "--all", "--message=kthread: a leak", cwd=linux)

    def options(self) -> None:
        """Two configurations, and a patch with the options in which they differ."""
        self.green()
        texts = option_files(self.tree, (self.runs / "latest/kernel.config").read_text())
        names = {"good": ("good", "ok"), "bad": ("bad", "broken")}
        for sort, (one, other) in names.items():
            for name in (one, other):
                (self.home / f"{name}.config").write_text(texts[sort])
        (self.home / "options.patch").write_text(texts["patch"])

    def sshd(self) -> None:
        """A guest that can be reached waits."""
        if not self._staying:
            self._begin(["bash", "-c", "orchestrate shell --config numa --ssh -- sleep 1200"], "")
            self._wait_for("*/live.json")

    def results(self) -> None:
        """The guest has a folder of results."""
        done, said = self._piped(["bash", "-c", "orchestrate cp ./t latest:/root/results"])
        assert done == 0, said
        shutil.rmtree(self.home / "results", ignore_errors=True)

    def _wait_for(self, pattern: str) -> None:
        for _ in range(6000):
            if list(self.runs.glob(pattern)):
                return
            time.sleep(0.1)
        raise AssertionError(f"no {pattern} in {self.runs}")


def _again(goes: str) -> str:
    """A change of folder, where the folder may have been made before."""
    match = _GOES.fullmatch(goes)
    assert match, goes
    return match[1]


def _until(stream: IO[str] | None, says: str) -> str:
    """What is said up to and with the line that has it, or all."""
    said = ""
    assert stream
    for text in stream:
        said += text
        if re.search(says, said):
            break
    return said


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])
