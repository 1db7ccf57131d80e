# SPDX-License-Identifier: GPL-2.0-only
"""What a reader has, or has done, before a command of our documents: names in doc_lines.toml."""

from __future__ import annotations

import gzip
import json
import re
import shlex
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from kernel_git import FILE, kernel_repository, whole_checkout
from planted import ALWAYS, NODE, mails, planted
from running import PATCHES, RED_SUITES, TESTS
from test_bisect_options import option_files
from test_presubmit import SIGNED, with_function
from test_series import write_mbox

if TYPE_CHECKING:
    from doc_servers import Servers

MESSAGE = "20260303-message-id@example.org"


class Before:
    """Half of World (doc_world.py)."""

    home: Path
    runs: Path
    tree: Path
    facts: dict[str, str]
    servers: Servers
    staying: list[subprocess.Popen[str]]
    made: dict[str, Path]

    def piped(self, argv: list[str]) -> tuple[int, str]:
        raise NotImplementedError

    def begin(self, argv: list[str], says: str) -> None:
        raise NotImplementedError

    def git(self, *args: str, cwd: Path | None = None) -> str:
        raise NotImplementedError

    def linux(self) -> Path:
        """~/linux: v7.1 is origin/master; topic, pushed nowhere yet, a good commit beyond it;
        broken one more, with a fault. The first is test_presubmit's, so are its kernels."""
        linux = self.home / "linux"
        if linux.exists():
            return linux
        one = with_function((self.tree / FILE).read_text(), "orch_good")
        history = [
            (f"kthread: one{SIGNED}", one),
            ("kthread: the fault", one.replace(NODE, ALWAYS)),
        ]
        bare = self.home.parent / "upstream.git"
        base, good, bad = kernel_repository(bare, self.tree, history)
        self.git("-C", str(bare), "branch", "--force", "master", base)
        self.git("-C", str(bare), "branch", "-D", "main")
        self.git("-C", str(bare), "tag", "keep", bad)
        self.git("-C", str(bare), "symbolic-ref", "HEAD", "refs/heads/master")
        whole_checkout(linux, self.tree, bare)
        self.git("config", "push.default", "current", cwd=linux)
        self.git("tag", "v7.1", base, cwd=linux)
        self.git("branch", "--quiet", "broken", bad, cwd=linux)
        self.git("checkout", "--quiet", "-b", "topic", good, cwd=linux)
        self.git("branch", "--quiet", "--set-upstream-to=origin/master", cwd=linux)
        return linux

    def broken(self) -> None:
        """~/linux is at the commit with the fault."""
        self.git("checkout", "--quiet", "broken", cwd=self.linux())

    def at_base(self) -> None:
        """~/linux is at v7.1, on which its other commits go as patches."""
        self.git("checkout", "--quiet", "--detach", "v7.1", cwd=self.linux())

    def green(self) -> None:
        """The latest run passed."""
        self._latest("green", 0)

    def red(self) -> None:
        """The latest run failed: one case, of a suite of its own."""
        self._latest("red", 1, "--kmod", str(RED_SUITES), "--suite", "orch_red_fail")

    def recorded(self) -> None:
        """As red, with a recording."""
        self.red()
        if not (self.made["red"] / "recording").is_dir():
            done, said = self.piped(["orchestrate", "record", str(self.made["red"])])
            assert done == 0, said

    def dumped(self) -> None:
        """The latest run's guest crashed, and its memory was kept."""
        self._latest("dumped", 1, "--kmod", str(RED_SUITES), "--suite", "orch_red_panic",
                     "--topology", "numa2", "--timeout", "6", "--keep-dump")  # fmt: skip

    def _latest(self, name: str, code: int, *args: str) -> None:
        if name not in self.made:
            folder = self.runs / f"before-{name}"
            words = ["orchestrate", "boot", "--config", "numa", "--suite", "create", *args]
            done, said = self.piped(["bash", "-c", shlex.join([*words, "--run-dir", str(folder)])])
            assert done == code, said
            self.made[name] = folder
        latest = self.runs / "latest"
        latest.unlink(missing_ok=True)
        latest.symlink_to(self.made[name])
        self.facts["run"] = self.made[name].name
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
        (self.linux() / "series.mbox").write_text("".join(mails(text, changes)))

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
                done, said = self.piped(["bash", "-c", "orchestrate nightly run nightly.toml"])
                assert done == 0, said
            folder = max(self.runs.glob("night-*"), key=lambda path: path.stat().st_mtime)
            self.facts["nightdir"] = str(folder)
            _, said = self.piped(["bash", "-c", "orchestrate nightly list"])
            found = re.search(r"^([0-9a-f]{8}) ", said, re.MULTILINE)
            assert found, said
            self.facts["night"] = found[1]

    def memoryless_fix(self) -> None:
        """fix.patch is one that fails where a node has no memory."""
        shutil.copy(PATCHES / "lost-without-memory.patch", self.home / "fix.patch")

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
        self.linux()
        self.piped(["bash", "-c", "cd ~/linux && orchestrate hooks install --only pre-push"])

    def own_hook(self) -> None:
        """~/linux has a hook of the reader's own that calls ours, as docs/hooks.md shows."""
        self.unhooked()
        hook = self.linux() / ".git/hooks/pre-push"
        hook.write_text('#!/bin/sh\nexec orchestrate hooks pre-push -- "$@"\n')
        hook.chmod(0o755)

    def unhooked(self) -> None:
        """~/linux has no hook."""
        self.linux()
        self.piped(["bash", "-c", "cd ~/linux && orchestrate hooks remove"])
        (self.linux() / ".git/hooks/pre-push").unlink(missing_ok=True)

    def signature(self) -> None:
        """That of the fault of ~/linux is known from a run."""
        self._latest("signature", 1, "--tree", str(self.linux()), "--suite", "placement")
        found = json.loads((self.runs / "latest/run.json").read_text())["findings"]
        self.facts["signature"] = str(found[0]["signature"])

    def leak(self) -> None:
        """~/linux is at a commit that leaks, behind the good one."""
        linux = self.linux()
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
        if not self.staying:
            self.begin(["bash", "-c", "orchestrate shell --config numa --ssh -- sleep 1200"], "")
        self._wait_for("*/live.json")

    def results(self) -> None:
        """The guest has a folder of results."""
        done, said = self.piped(["bash", "-c", "orchestrate cp ./t latest:/root/results"])
        assert done == 0, said
        shutil.rmtree(self.home / "results", ignore_errors=True)

    def _wait_for(self, pattern: str) -> None:
        for _ in range(6000):
            if list(self.runs.glob(pattern)):
                return
            time.sleep(0.1)
        raise AssertionError(f"no {pattern} in {self.runs}")
