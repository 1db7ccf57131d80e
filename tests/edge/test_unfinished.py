# SPDX-License-Identifier: GPL-2.0-only
"""A build that is killed or interrupted is gone on with, and ends as one that was not.

The compiler is gcc, but stops half way in kernel/fork.c while there is a file "stop", after it
has put the beginning of an object there. It is installed in the test's folder, so that the sandbox
shows it that.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from small_kbuild import Builds, small_tree, write

from orchestrator.edge import cleaning, kernel_make, unfinished
from orchestrator.edge.orphans import MARK, _marked, end_orphans
from orchestrator.edge.snapshot import adopt
from orchestrator.edge.store import Store
from orchestrator.model.job import Tree
from orchestrator.model.progress import silent

GCC = """\
#!/bin/sh
case "$*" in *fork.c*)
	if [ -e {stop} ]; then
		sleep 2.3
		printf '\\177ELF cut short' > kernel/fork.o
		: > kernel/later
		: > started
		sleep 60
	fi ;;
esac
exec {gcc} "$@"
"""
CHILD = """\
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from small_kbuild import Builds
from orchestrator.edge.snapshot import adopt
from orchestrator.edge.store import Store
from orchestrator.model.progress import silent
builds = Builds(Store(Path(sys.argv[2])), Path(sys.argv[4]))
builds.build(adopt(Path(sys.argv[3]), builds.store, silent))
"""


class Place:
    """A tree, a store, and a way to interrupt a build."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.tree = small_tree(top / "linux")
        self.builds = Builds(Store(top / "cache"), top / "build.log")
        self.stop = top / "stop"

    def snapshot(self) -> Tree:
        return adopt(self.tree, self.builds.store, silent)

    def image(self) -> bytes:
        return self.builds.build(self.snapshot()).vmlinux.read_bytes()

    def fresh(self) -> bytes:
        """What an empty store gives."""
        other = Builds(Store(self.top / "empty"), self.top / "other.log")
        return other.build(self.snapshot()).vmlinux.read_bytes()

    def interrupt(self, number: signal.Signals) -> None:
        """Begin a build, and end it in the middle of kernel/fork.c."""
        self.stop.touch()
        for earlier in self.started:
            earlier.unlink()
        log = self.top / "interrupted.log"
        words = (Path(__file__).parent, self.builds.store.root, self.tree, log)
        child = subprocess.Popen([sys.executable, "-c", CHILD, *map(str, words)])
        for _ in range(600):
            if self.started or child.poll() is not None:
                break
            time.sleep(0.05)
        child.send_signal(number)
        assert child.wait(20) != 0 and self.started
        self.stop.unlink()

    @property
    def started(self) -> list[Path]:
        """Where the compiler has come as far as to stop: all it may write to are the objects."""
        return [path for work in self.building for path in work.glob("src/build/started")]

    @property
    def building(self) -> list[Path]:
        return sorted(self.builds.store.folder("building").iterdir())

    @property
    def went_on(self) -> bool:
        return any("going on with the build interrupted at" in note for note in self.builds.notes)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    place = Place(tmp_path)
    gcc = tmp_path / "bin" / "gcc"
    gcc.parent.mkdir()
    text = GCC.format(stop=place.stop, gcc=shutil.which("gcc"))
    gcc.write_text(text)
    gcc.chmod(0o755)
    # No ccache: it would keep what this compiler does not do.
    monkeypatch.setattr("orchestrator.edge.kbuild.compiler", lambda _toolchain=None: "gcc")
    monkeypatch.setenv("PATH", f"{gcc.parent}:{os.environ['PATH']}")
    yield place
    for work in place.building:
        end_orphans(work)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_it_goes_on_where_it_stopped(place: Place, number: signal.Signals) -> None:
    place.interrupt(number)
    image = place.image()
    assert place.went_on
    before, _, after = place.builds.log.read_text().partition("interrupted at")
    assert "  CC      kernel/kthread.o" in before
    assert "kthread.o" not in after and "  CC      kernel/fork.o" in after
    assert image == place.fresh()
    assert place.building == []


def again(place: Place) -> tuple[bytes, bytes]:
    """A header that all include is changed, and the build with it killed: where fork.o is cut
    short, the command that made it before is on record."""
    place.image()
    write(place.tree / "include/linux/kthread.h", "#define KTHREAD 7\n")
    place.interrupt(signal.SIGKILL)
    try:
        return place.image(), place.fresh()
    finally:
        assert place.went_on


def test_what_was_cut_short_is_made_again(place: Place) -> None:
    here, fresh = again(place)
    assert here == fresh
    kernel = place.builds.build(place.snapshot())
    assert kernel.relative and kernel.differing == ("include/linux/kthread.h",)


def test_make_alone_would_take_it_as_done(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_make, "drop_doubtful", lambda objects, last: ())
    here, fresh = again(place)
    assert here != fresh


def test_another_kernel_may_be_built_in_between(place: Place) -> None:
    """At the same path, as its objects come from the same ones."""
    place.image()
    write(place.tree / "kernel/fork.c", "int fork(void) { return 8; }\n")
    place.interrupt(signal.SIGKILL)
    write(place.tree / "kernel/fork.c", "int fork(void) { return 9; }\n")
    place.image()
    assert not place.went_on
    assert [path.suffix for path in place.building] == [".half"]
    write(place.tree / "kernel/fork.c", "int fork(void) { return 8; }\n")
    assert place.image() == place.fresh()
    assert place.went_on and place.building == []


def other_source(half: Path) -> None:
    (half / "src/kernel/fork.c").unlink()
    (half / "src/kernel/fork.c").write_text("int fork(void) { return 10; }\n")


def more_source(half: Path) -> None:
    (half / "src/kernel/more.c").write_text("int more;\n")


def no_facts(half: Path) -> None:
    (half / unfinished.FACTS).write_text("{")


def other_boot(half: Path) -> None:
    facts = half / unfinished.FACTS
    facts.write_text(facts.read_text().replace('"host": "', '"host": "0'))


@pytest.mark.parametrize("damage", [other_source, more_source, no_facts, other_boot])
def test_what_may_be_another_is_thrown_away(place: Place, damage: Callable[[Path], None]) -> None:
    place.interrupt(signal.SIGKILL)
    damage(place.building[0])
    assert place.image() == place.fresh()
    assert not place.went_on and place.building == []


def test_what_does_not_build_is_not_kept(place: Place) -> None:
    from orchestrator.model.errors import BuildBroken

    write(place.tree / "kernel/fork.c", "int fork(void) { return }\n")
    with pytest.raises(BuildBroken):
        place.image()
    assert place.building == []


def test_it_counts_and_goes_with_the_kernels(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.interrupt(signal.SIGKILL)
    half = place.building[0]
    (half / "src/build/large").write_bytes(os.urandom(2 << 20))
    write(place.tree / "kernel/fork.c", "int fork(void) { return 11; }\n")
    long_ago = time.time() - 2 * 86400
    os.utime(half, (long_ago, long_ago))
    place.image()
    assert [path.suffix for path in place.building] == [".half"], "there is room for both"
    monkeypatch.setattr("orchestrator.edge.kernel.KEPT_MIB", 1)
    write(place.tree / "kernel/fork.c", "int fork(void) { return 12; }\n")
    place.image()
    assert place.building == []


def test_clean_drops_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.interrupt(signal.SIGKILL)
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(place.builds.store.root))
    gone = [item.path for item in cleaning.removable(False, False, 0)]
    assert place.building[0] in gone


def test_compilers_that_outlive_a_killed_build_are_ended(place: Place) -> None:
    """Whatever it is that keeps them from ending with us."""
    place.interrupt(signal.SIGKILL)
    work = place.building[0]
    alone = {"start_new_session": True, "cwd": work}
    compiler = subprocess.Popen(["sleep", "60"], env={MARK: str(work)}, **alone)
    bystander = subprocess.Popen(["sleep", "60"], env={MARK: f"{work}-other"}, **alone)
    try:
        assert _marked(work) == [compiler.pid]
        place.image()
        assert compiler.poll() == -signal.SIGKILL
        assert bystander.poll() is None
    finally:
        for process in (compiler, bystander):
            process.kill()
            process.wait()
