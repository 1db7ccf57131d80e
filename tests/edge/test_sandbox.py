# SPDX-License-Identifier: GPL-2.0-only
"""Attacks by what a build runs, and by its patches. Each is shown to work without the sandbox."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_kbuild import FILES, Builds, small_tree
from test_process import gone_soon

from orchestrator.edge import process, sandbox
from orchestrator.edge.snapshot import adopt
from orchestrator.edge.store import Store
from orchestrator.model.errors import BuildBroken, InfrastructureError, UsageError
from orchestrator.model.progress import silent

TOKEN = "secret-7d1f"
here = pytest.mark.skipif(
    bool(sandbox._trial()), reason="this host lets nobody make a sandbox (bwrap true fails)"
)


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(sandbox.VARIABLE, raising=False)
    for cached in (sandbox.found, sandbox._rust):
        cached.cache_clear()
    yield
    for cached in (sandbox.found, sandbox._rust):
        cached.cache_clear()


def without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sandbox.VARIABLE, "never")
    sandbox.found.cache_clear()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a secret, in the environment too, and a source file other builds share."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home/key").write_text(TOKEN)
    (tmp_path / "src/build").mkdir(parents=True)
    (tmp_path / "src/shared.c").write_text("shared\n")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MY_TOKEN", TOKEN)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")  # rustup, say, makes files in any home
    return tmp_path


class Listener:
    """Counts who connects."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.heard = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            self.heard += 1
            peer.close()


def attack(home: Path, script: str) -> process.Completed:
    return sandbox.run(
        ["sh", "-c", script],
        cwd=home / "src",
        reads=(home / "src",),
        writes=(home / "src/build",),
        timeout_s=30,
    )


# What a build may try; each ends with 0 if it worked.
ATTACKS = {
    "reads the home": "cat {home}/home/key",
    "reads it by $HOME": 'cat "$HOME/key"',
    "finds a token in its environment": 'test -n "$MY_TOKEN"',
    "finds one in that of process 1": "tr '\\0' '\\n' < /proc/1/environ | grep {token}",
    "finds one in any process": "cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep {token}",
    "writes to the sources": "echo bad > shared.c",
    "writes through a link of its own": "ln shared.c build/l && echo bad > build/l",
    "writes beside the sources": "echo bad > {home}/planted",
    "writes to the home": "echo bad > {home}/home/.profile",
    "reaches this machine": "{python} -c 'import socket as s; "
    's.create_connection(("127.0.0.1", {port}), 3)\'',
    "signals another process": "kill -0 {pid}",
    "reads users": "cat /etc/passwd",
    "sees devices": "ls /sys/class/net",
}


@here
@pytest.mark.parametrize("name", ATTACKS)
def test_what_a_build_runs_reaches_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    listener = Listener()
    script = ATTACKS[name].format(
        home=home, token=TOKEN, port=listener.port, pid=os.getpid(), python="/usr/bin/python3"
    )
    shared = (home / "src/shared.c").read_text()
    done = attack(home, script)
    # /tmp, where these folders are, is there to be written to, and gone afterwards.
    assert done.returncode != 0 or name == "writes beside the sources", done.output
    assert TOKEN not in done.output
    assert (home / "src/shared.c").read_text() == shared
    assert sorted(path.name for path in home.iterdir()) == ["home", "src"]
    assert [path.name for path in (home / "home").iterdir()] == ["key"]
    assert listener.heard == 0
    without(monkeypatch)
    if not (name == "finds one in that of process 1" and os.getuid()):
        control = attack(home, script)
        if name != "finds one in that of process 1":  # there, that is the host's init
            assert control.returncode == 0, f"the attack itself is wrong: {control.output}"
    listener.socket.close()


@here
def test_what_a_build_needs_is_there(home: Path) -> None:
    (home / "src/build/a.c").write_text("int main(void) { return 0; }\n")
    done = attack(home, "gcc -o build/a build/a.c && build/a && echo $HOME && make --version")
    assert done.returncode == 0, done.output
    assert done.output.startswith("/tmp\n")


@here
def test_no_capability_is_left_even_to_root(home: Path) -> None:
    text = attack(home, "cat /proc/self/status").output
    words = dict(line.split(":\t") for line in text.splitlines() if ":\t" in line)
    assert int(words["CapEff"], 16) == int(words["CapPrm"], 16) == 0
    assert words["NoNewPrivs"] == "1"


def pids_of(word: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[:2] == [b"sleep", word.encode()]:
                found.append(int(entry.name))
    return found


@here
def test_a_time_limit_ends_what_left_its_group(home: Path) -> None:
    with pytest.raises(InfrastructureError, match="did not end within"):
        sandbox.run(
            ["sh", "-c", "setsid sleep 98761 & setsid setsid sleep 98761 & sleep 98761"],
            cwd=home, timeout_s=0.7, writes=(home,),
        )  # fmt: skip
    assert all(map(gone_soon, pids_of("98761")))


@here
def test_killed_with_9_we_leave_nothing(home: Path) -> None:
    code = (
        "from orchestrator.edge import sandbox; from pathlib import Path\n"
        f"here = Path({str(home)!r})\n"
        "sandbox.run(['sh', '-c', 'setsid sleep 98762 & sleep 98762'], cwd=here, writes=(here,))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    end = time.monotonic() + 20
    while len(pids_of("98762")) < 2 and time.monotonic() < end:
        time.sleep(0.02)
    inside = pids_of("98762")
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert len(inside) == 2
    assert all(map(gone_soon, inside))


# Lines a hostile patch appends to the top Makefile, of which the first rule is run.
PLANTED = """\
modules: planted
planted:
	@cp $(HOME)/key {key} build/ 2>/dev/null || true
	@echo bad > {victim} || true
	@echo bad >> {shared} || true
"""


@here
def test_a_hostile_patch_is_built_and_gets_nowhere(
    home: Path, tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(home / "home"))
    tree = adopt(small_tree(tmp_path / "tree"), store, silent)
    victim, shared = tmp_path / "victim", tree.path / "kernel/fork.c"
    added = PLANTED.format(key=home / "home/key", victim=victim, shared=shared)
    patch = tmp_path / "hostile.patch"
    last = FILES["Makefile"].splitlines()[-3:]
    count = len(FILES["Makefile"].splitlines())
    lines = [f" {line}" for line in last] + [f"+{line}" for line in added.splitlines()]
    header = f"@@ -{count - 2},3 +{count - 2},{len(lines)} @@"
    patch.write_text("--- a/Makefile\n+++ b/Makefile\n" + "\n".join((header, *lines)) + "\n")
    builds = Builds(store, tmp_path / "log")
    built = builds.build(tree, (patch,))
    assert builds.compiled
    assert not victim.exists()
    assert shared.read_text() == FILES["kernel/fork.c"]
    assert not [path for path in built.src.rglob("key")]
    assert TOKEN not in builds.log.read_text()
    without(monkeypatch)
    other = Builds(Store(tmp_path / "other"), tmp_path / "log")
    built = other.build(adopt(tmp_path / "tree", other.store, silent), (patch,))
    assert victim.exists() and (built.obj / "key").exists(), "the attack itself is wrong"
    assert shared.read_text() != FILES["kernel/fork.c"]


@pytest.mark.parametrize(
    ("left", "what"),
    [
        ("ln -s /etc/passwd build/.config", "a link out"),
        ("ln -s ../../.. build/up", "a link out"),
        ("mkfifo build/pipe", "neither file nor folder"),
        ("cp /bin/sh build/sh && chmod 4755 build/sh", "other rights"),
    ],
)
def test_what_no_build_leaves_is_never_read(
    tmp_path: Path, store: Store, left: str, what: str
) -> None:
    tree = small_tree(tmp_path / "tree")
    makefile = (tree / "Makefile").read_text()
    planted = f"modules: left\nleft:\n\t@cd .. && rm -f build/.config && {left}\n"
    (tree / "Makefile").write_text(
        makefile.replace("modules: FORCE\n\t@grep", f"{planted}\nmodules: FORCE\n\t@grep")
    )
    builds = Builds(store, tmp_path / "log")
    with pytest.raises(BuildBroken, match=what):
        builds.build(adopt(tree, store, silent))
    assert not any(store.folder("kernels").iterdir())


def fake_bwrap(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    (folder / "bwrap").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


REFUSAL = "bwrap: No permissions to create new namespace"


def test_a_host_that_forbids_it_is_said_aloud(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_bwrap(tmp_path, monkeypatch, f"echo '{REFUSAL}' >&2; exit 1")
    assert sandbox.found().name == "none"
    assert REFUSAL in sandbox.warning()
    assert sandbox.run(["echo", "on"], cwd=tmp_path).output == "on"
    monkeypatch.setenv(sandbox.VARIABLE, "always")
    sandbox.found.cache_clear()
    with pytest.raises(InfrastructureError, match="No permissions"):
        sandbox.found()


def test_without_bubblewrap_it_is_said_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "not installed" in sandbox.warning()


def test_a_sandbox_that_fails_is_no_fault_of_the_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trial (`true`) succeeds, the build's does not."""
    fake_bwrap(
        tmp_path, monkeypatch, f'case "$*" in *" true") exit 0;; esac; echo "{REFUSAL}"; exit 1'
    )
    with pytest.raises(InfrastructureError, match="the sandbox failed: bwrap"):
        sandbox.run(["make"], cwd=tmp_path)


def test_modes(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch)
    assert sandbox.found().name == "none" and "never" in sandbox.warning()
    monkeypatch.setenv(sandbox.VARIABLE, "perhaps")
    sandbox.found.cache_clear()
    with pytest.raises(UsageError, match="perhaps") as caught:
        sandbox.found()
    assert caught.value.hint == "it takes auto, always, never"


@here
def test_a_compiler_cache_is_our_own(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a build could put objects into what the user compiles later."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "ccache").write_text('#!/bin/sh\necho "$CCACHE_DIR"; touch "$CCACHE_DIR/used"\n')
    (tools / "ccache").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "cache"))
    assert attack(home, "ccache gcc").output == str(tmp_path / "cache/ccache")
    assert (tmp_path / "cache/ccache/used").is_file()
    monkeypatch.setenv("CCACHE_REMOTE_STORAGE", f"redis://me:{TOKEN}@host")
    monkeypatch.setenv("CCACHE_MAXSIZE", "7G")
    names = "echo $CCACHE_MAXSIZE $CCACHE_REMOTE_STORAGE"
    assert attack(home, names).output == "7G"
    monkeypatch.setenv("CCACHE_DIR", str(tmp_path / "named"))
    assert attack(home, "ccache gcc").output == str(tmp_path / "named")


@here
def test_what_kconfig_asks_is_answered_as_outside(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the same kernel would be configured otherwise. rustup's rustc is a stand-in."""
    cargo, toolchain = home / "home/.cargo", home / "home/.rustup/toolchains/one"
    answers = {
        cargo / "bin/rustup": f'test "$1" = --print && echo {toolchain} || exec {cargo}/real',
        toolchain / "bin/rustc": "echo rustc 1.95.0",
    }
    for file, text in answers.items():
        file.parent.mkdir(parents=True)
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)
    (cargo / "bin/rustc").symlink_to("rustup")
    (cargo / "credentials.toml").write_text(TOKEN)
    monkeypatch.setenv("PATH", f"{cargo}/bin:{os.environ['PATH']}")
    assert attack(home, "rustc --version").output == "rustc 1.95.0"
    assert TOKEN not in attack(home, f"cat {cargo}/* {cargo}/bin/* {home}/home/*").output
