# SPDX-License-Identifier: GPL-2.0-only
"""The one door through which processes are started.

Each gets its own process group, so that a whole `make` can be ended, and dies with us:
setpriv(1) of util-linux sets PR_SET_PDEATHSIG, which survives execve(2) and needs no Python
code between fork and exec. It does not survive fork(2), and a make's makes would go on without
us: hence timeout(1) of coreutils between, with no time limit. It hands the signal that tells of
our death on to its whole group, and SIGKILL after GRACE_S (cleanup() in src/timeout.c).
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from orchestrator.model.errors import InfrastructureError

GRACE_S = 2.0  # between SIGTERM and SIGKILL


class Completed(Struct, frozen=True):
    """A process that ended. output: stdout and stderr, interleaved, decoded with replacement."""

    argv: tuple[str, ...]
    returncode: int  # negative: signal
    output: str
    duration_s: float

    @property
    def command(self) -> str:
        """The exact command, ready for a shell."""
        return shlex.join(self.argv)


def guarded(argv: Sequence[str]) -> list[str]:
    """argv wrapped so that the kernel kills it when this process dies; not its children."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", *argv] if setpriv else list(argv)


def _group_guarded(argv: Sequence[str]) -> list[str]:
    """The same for argv and all that it starts. It must lead its process group."""
    setpriv, timeout = shutil.which("setpriv"), shutil.which("timeout")
    if not setpriv or not timeout:
        return guarded(argv)
    return [setpriv, "--pdeathsig", "TERM", timeout, f"--kill-after={GRACE_S:g}", "0", *argv]


def innermost(pid: int) -> int:
    """The last of those that each started the next one: what runs in a sandbox, or pid itself.

    Needs CONFIG_PROC_CHILDREN, which distributions set; without it, pid.
    """
    while True:
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            return pid
        if not children:
            return pid
        pid = int(children[0])


def end_group(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """End a process group started here: SIGTERM, GRACE_S, SIGKILL, and reap the leader."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            continue
        break
    with contextlib.suppress(ProcessLookupError):  # children that outlived their leader
        os.killpg(process.pid, signal.SIGKILL)


def _must_exist(program: str, cwd: Path | None, env: Mapping[str, str]) -> None:
    """Asked beforehand: a wrapper (guarded) would only end with a status of its own."""
    if cwd is not None and not cwd.is_dir():
        raise InfrastructureError(f"cannot run {program} in {cwd}: no such folder")
    place = str(cwd / program) if cwd and "/" in program else program
    if shutil.which(place, path=env.get("PATH")) is None:
        raise InfrastructureError(
            f"cannot run {program}: no such program", "orchestrate doctor lists what is missing"
        )


@contextlib.contextmanager
def started(
    argv: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    alone: bool = False,
    stdin: bytes | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in its own group, stdout and stderr on one pipe; its group is ended on leaving.

    env: added to ours, or all there is if alone. Raises InfrastructureError if the program or
    cwd is not there.
    """
    whole_env = {**({} if alone else os.environ), **(env or {})}
    _must_exist(argv[0], cwd, whole_env)
    try:
        process = subprocess.Popen(
            _group_guarded(argv),
            cwd=cwd,
            env=whole_env,
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise InfrastructureError(f"cannot run {argv[0]}: {error.strerror}") from error
    try:
        if stdin is not None:
            threading.Thread(target=_feed, args=(process, stdin), daemon=True).start()
        yield process
    finally:
        end_group(process)
        if process.stdout:
            process.stdout.close()


def _feed(process: subprocess.Popen[bytes], data: bytes) -> None:
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
        pipe.write(data)


def run(
    argv: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    alone: bool = False,
    stdin: bytes | None = None,
    timeout_s: float | None = None,
    log: Path | None = None,
    on_line: Callable[[str], None] | None = None,
) -> Completed:
    """Run to the end, whatever its exit code, and give back what it printed.

    log: file the command line and every line of output is appended to as it comes.
    on_line: called with each line, without its newline. Raises InfrastructureError when the
    program is missing or timeout_s passes; the process group is gone in either case.
    """
    start = time.monotonic()
    lines: list[str] = []
    expired = threading.Event()
    with contextlib.ExitStack() as stack:
        sink = stack.enter_context(log.open("ab")) if log else None
        if sink:
            sink.write(f"+ {shlex.join(argv)}\n".encode())
        process = stack.enter_context(started(argv, cwd=cwd, env=env, alone=alone, stdin=stdin))
        if timeout_s is not None:
            timer = threading.Timer(timeout_s, _expire, (process, expired))
            timer.daemon = True
            timer.start()
            stack.callback(timer.cancel)
        assert process.stdout is not None
        for raw in process.stdout:
            if sink:
                sink.write(raw)
                sink.flush()
            line = raw.decode(errors="replace").rstrip("\r\n")
            lines.append(line)
            if on_line:
                on_line(line)
        returncode = process.wait()
    if expired.is_set():
        raise InfrastructureError(f"{argv[0]} did not end within {timeout_s:.0f} s", log=log)
    return Completed(tuple(argv), returncode, "\n".join(lines), duration_s=time.monotonic() - start)


def _expire(process: subprocess.Popen[bytes], expired: threading.Event) -> None:
    expired.set()
    end_group(process)


def check(argv: Sequence[str], *, cwd: Path | None = None, timeout_s: float | None = None) -> str:
    """Output of a command that must succeed; InfrastructureError with its last line if not."""
    done = run(argv, cwd=cwd, timeout_s=timeout_s)
    if done.returncode != 0:
        last = done.output.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        raise InfrastructureError(f"{done.command} failed: {last[0]}")
    return done.output
