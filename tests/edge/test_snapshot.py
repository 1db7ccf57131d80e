# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import os
from pathlib import Path

import pytest
import trees

from orchestrator.edge import snapshot
from orchestrator.edge.snapshot import adopt
from orchestrator.edge.store import Store
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.progress import silent


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    return trees.kernel_tree(tmp_path / "linux")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return trees.repository(tmp_path / "linux")


def test_a_plain_directory_is_copied_whole(plain: Path, store: Store) -> None:
    tree = adopt(plain, store, silent)
    assert (tree.release, tree.origin) == ("7.3.4", str(plain))
    files = {str(path.relative_to(plain)) for path in plain.rglob("*")}
    assert {str(path.relative_to(tree.path)) for path in tree.path.rglob("*")} == files
    copy, own = tree.path / "kernel/kthread.c", plain / "kernel/kthread.c"
    assert copy.read_bytes() == own.read_bytes() and not copy.samefile(own)
    assert copy.stat().st_mtime_ns == trees.OLD_NS
    assert (tree.path / "scripts/run.sh").stat().st_mode & 0o111
    assert (tree.path / "include/dt-bindings").readlink() == Path("linux")


BUILT = (
    ".config",
    "vmlinux",
    "kernel/kthread.o",
    "kernel/.kthread.o.cmd",
    "include/generated/autoconf.h",
    "arch/x86/include/generated/asm/x.h",
    "include/config/auto.conf",
    "scripts/lexer.lex.c",
    "kernel/modules.order",
)


def test_build_products_stay_behind(plain: Path, store: Store) -> None:
    before = adopt(plain, store, silent)
    for product in BUILT:
        (plain / product).parent.mkdir(parents=True, exist_ok=True)
        (plain / product).write_text("made\n")
    assert adopt(plain, store, silent).key == before.key
    (plain / "kernel/source.c").write_text("int x;\n")
    after = adopt(plain, store, silent)
    assert after.key != before.key
    assert [product for product in BUILT if (after.path / product).exists()] == []


def test_debians_ignore_everything_rule_is_not_obeyed(plain: Path, store: Store) -> None:
    with (plain / ".gitignore").open("a") as file:
        file.write("/*\n!/debian/\n")
    tree = adopt(plain, store, silent)
    assert (tree.path / "kernel/kthread.c").exists()
    assert (tree.path / "kernel/.kunitconfig").exists()


def test_the_same_content_elsewhere_is_the_same_snapshot(
    plain: Path, tmp_path: Path, store: Store
) -> None:
    other = trees.kernel_tree(tmp_path / "other")
    assert adopt(other, store, silent).key == adopt(plain, store, silent).key


def test_every_kind_of_change_makes_another(plain: Path, store: Store) -> None:
    keys = [adopt(plain, store, silent).key]
    source = plain / "kernel/kthread.c"
    source.write_text(trees.KTHREAD.replace("line 1\n", "line X\n"))  # same size
    os.utime(source, ns=(trees.OLD_NS, trees.OLD_NS))  # and mtime
    keys.append(adopt(plain, store, silent).key)
    (plain / "new.c").write_text("")
    keys.append(adopt(plain, store, silent).key)
    (plain / "new.c").rename(plain / "newer.c")
    keys.append(adopt(plain, store, silent).key)
    source.chmod(0o755)
    keys.append(adopt(plain, store, silent).key)
    (plain / "include/dt-bindings").unlink()
    (plain / "include/dt-bindings").symlink_to("../include")
    keys.append(adopt(plain, store, silent).key)
    assert len(set(keys)) == len(keys)


def test_the_next_snapshot_shares_what_did_not_change(
    plain: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot.content_memo, "RACY_NS", -(10**18))  # the tree is seconds old
    first = adopt(plain, store, silent)
    (plain / "kernel/kthread.c").write_text("/* other */\n")
    second = adopt(plain, store, silent)
    assert (second.path / "Makefile").samefile(first.path / "Makefile")
    assert not (second.path / "kernel/kthread.c").samefile(first.path / "kernel/kthread.c")
    assert (first.path / "kernel/kthread.c").read_text() == trees.KTHREAD
    assert (second.path / "kernel/kthread.c").read_text() == "/* other */\n"


def test_what_was_read_before_is_not_read_again(
    plain: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    digest = snapshot.content_memo._digest
    monkeypatch.setattr(snapshot.content_memo, "RACY_NS", -(10**18))
    monkeypatch.setattr(
        snapshot.content_memo, "_digest", lambda full, mode: read.append(full) or digest(full, mode)
    )
    adopt(plain, store, silent)
    assert len(read) == 9
    read.clear()
    adopt(plain, store, silent)
    assert read == []
    (plain / "Kbuild").write_text("# other\n")
    adopt(plain, store, silent)
    assert read == [f"{plain}/Kbuild"]


def test_what_changed_just_now_is_read_again(plain: Path, store: Store) -> None:
    """Within one tick of the clock, two writes look the same to stat."""
    adopt(plain, store, silent)
    (remembered,) = store.folder("probes").glob("tree-*/files.json")
    assert remembered.read_text() == "{}"


def test_a_checkout_is_never_written_to(checkout: Path, store: Store) -> None:
    (checkout / "Kbuild").write_text("# changed\n")
    os.utime(checkout / "Makefile")  # an index refresh would be due
    before = trees.state(checkout)
    adopt(checkout, store, silent)
    assert trees.state(checkout) == before


def test_a_checkout_clean_and_dirty(checkout: Path, store: Store) -> None:
    commit = trees.git(checkout, "rev-parse", "HEAD")[:12]
    clean = adopt(checkout, store, silent)
    assert clean.origin == f"{checkout} ({commit})"
    assert not (clean.path / ".git").exists()

    (checkout / "kernel/new.c").write_text("int x;\n")
    (checkout / "notes.local").write_text("ignored\n")
    (checkout / "include/linux/kthread.h").unlink()
    dirty = adopt(checkout, store, silent)
    assert dirty.origin == f"{checkout} ({commit}, dirty)"
    assert (dirty.path / "kernel/new.c").exists()
    assert not (dirty.path / "notes.local").exists()
    assert not (dirty.path / "include/linux/kthread.h").exists()

    trees.git(checkout, "stash", "--include-untracked")
    assert adopt(checkout, store, silent) == clean


def test_a_change_hidden_from_git_status_still_counts(checkout: Path, store: Store) -> None:
    clean = adopt(checkout, store, silent)
    trees.git(checkout, "update-index", "--assume-unchanged", "Kbuild")
    (checkout / "Kbuild").write_text("# changed\n")
    assert adopt(checkout, store, silent).key != clean.key


def test_a_tree_inside_another_repository(tmp_path: Path, store: Store) -> None:
    trees.git(tmp_path, "init", "--quiet")
    (tmp_path / ".gitignore").write_text("vendor/\n")
    tree = adopt(trees.kernel_tree(tmp_path / "vendor/linux"), store, silent)
    assert (tree.path / "kernel/kthread.c").exists()


def test_what_is_no_tree(tmp_path: Path, store: Store) -> None:
    with pytest.raises(UsageError, match="no such directory"):
        adopt(tmp_path / "missing", store, silent)
    with pytest.raises(UsageError, match="no Makefile, Kbuild, kernel/kthread") as caught:
        adopt(tmp_path, store, silent)
    assert str(tmp_path) in caught.value.message


def test_a_tree_that_changes_meanwhile_leaves_no_entry(
    plain: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = snapshot._copy

    def slow_copy(tree_dir: Path, *args: object) -> None:
        copy(tree_dir, *args)  # type: ignore[arg-type]
        (plain / "Kbuild").write_text("# saved in between\n")

    monkeypatch.setattr(snapshot, "_copy", slow_copy)
    with pytest.raises(InfrastructureError, match="changed while"):
        adopt(plain, store, silent)
    assert list(store.folder("trees").iterdir()) == []
