# SPDX-License-Identifier: GPL-2.0-only
"""A reader's home folder, in which the commands of our documents are typed, one after the other.

Everything is real: a checkout of a kernel in ~/linux, patches, modules, runs that earlier commands
made, a mail server, a web server, an archive of mails. docs_home/ holds the reader's own files.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO

import pexpect
import pytest
from doc_before import Before
from doc_lines import Known, Line
from doc_servers import Servers
from running import PATCHES, RED_SUITES, TESTS
from test_pytest_plugin import loaded

from orchestrator.edge.store import cache_root

HOME_FILES = Path(__file__).with_name("docs_home")
TIMEOUT_S = 1500
TRIES = 2  # where the host has no time for the machine, which is then said
_STARVED = re.compile(r"the machine had [\d.]+ s of|the host stood still")
_GOES = re.compile(r"(?:mkdir \S+ && )?(cd \S+)")


class World(Before):
    """tree: the unpacked kernel that ~/linux is made from. facts: what lines in the table may name
    in braces."""

    def __init__(self, folder: Path, tree: Path) -> None:
        self.home, self.tree = folder / "home", tree
        self.runs = folder / "runs"
        self._ends = contextlib.ExitStack()
        self.made: dict[str, Path] = {}
        self._page = ""
        self.staying: list[subprocess.Popen[str]] = []
        shutil.copytree(HOME_FILES, self.home)
        shutil.copytree(self.home / "t", self.home / "results")
        shutil.copy(self.home / "t/run", self.home / "test")
        for name in ("a:b", ".gitconfig"):
            (self.home / name).write_text("[user]\nname = A Tester\nemail = t@example.org\n")
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
            "DOC_PLUGIN": shlex.join(loaded()),
            "no_proxy": "127.0.0.1,localhost",
            "TERM": "xterm",
        }

    def close(self) -> None:
        self.leave()
        self._ends.close()

    def leave(self) -> None:
        """What goes on in the background ends, the last one first."""
        while self.staying:
            process = self.staying.pop()
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
        lines = known.typed or [line.text]
        if "linux" in " ".join([*line.goes, *lines]):
            self.linux()
        if line.page != self._page:
            self._turn_to(line.page)
        for name in known.before:
            getattr(self, name)()
        for text in lines:
            for name, value in self.facts.items():
                text = text.replace(f"{{{name}}}", value)
            self._one("\n".join([*map(_again, line.goes), text]), known)

    def _turn_to(self, page: str) -> None:
        """Another page begins with nothing in the background."""
        self._page = page
        self.leave()
        shutil.copy(PATCHES / "rename-only.patch", self.home / "fix.patch")
        if (self.home / "linux").exists():
            self.git("checkout", "--quiet", "topic", cwd=self.home / "linux")

    def _one(self, text: str, known: Known) -> None:
        argv = ["bash", "-c", text]
        if known.stays:
            self.begin(argv, known.stays)
            return
        for _ in range(TRIES):
            code, said = self._at_terminal(argv, known) if known.keys else self.piped(argv)
            if code != 3 or not _STARVED.search(said):
                break
        else:
            pytest.skip(f"the host was too busy for it each time: {text}")
        shown = f"$ {text}\nexit {code}\n{said[-6000:]}"
        assert code == known.exit, shown
        assert re.search(known.says, said, re.MULTILINE), f"not said: {known.says}\n{shown}"
        assert "Traceback" not in said, shown

    def piped(self, argv: list[str]) -> tuple[int, str]:
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
            raise AssertionError(
                f"{argv[-1]}: {wait or 'its end'}?\n{said}{child.before}"
            ) from error
        finally:
            child.close(force=True)
        return child.exitstatus if child.exitstatus is not None else -1, said

    def begin(self, argv: list[str], says: str) -> None:
        """It goes on; what is typed on it comes from nobody."""
        process = subprocess.Popen(
            argv, cwd=self.home, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
        )  # fmt: skip
        self.staying.append(process)
        said = _until(process.stdout, says) if says else ""
        assert re.search(says, said), f"$ {argv[-1]}\nnot said: {says}\n{said}"

    # What a reader has.

    def _programs(self, folder: Path) -> None:
        folder.mkdir()
        python = shlex.quote(sys.executable)
        dask = shlex.quote(str(Path(sys.executable).with_name("dask")))
        for name, line in {
            "orchestrate": f'exec {python} -m orchestrator "$@"',
            "pytest": f'exec {python} -m pytest -p no:cacheprovider $DOC_PLUGIN "$@"',
            "dask": f'exec {dask} "$@"',
            "xdg-open": f'echo "$1" > {shlex.quote(str(folder / "opened"))}',
        }.items():
            (folder / name).write_text(f"#!/bin/sh\n{line}\n")
            (folder / name).chmod(0o755)

    def git(self, *args: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *args], cwd=cwd or self.home, env=self.env, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


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
