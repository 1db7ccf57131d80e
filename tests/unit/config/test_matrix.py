# SPDX-License-Identifier: GPL-2.0-only
"""A matrix file: what it stands for, and what is said of each slip in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from matrix_files import BASIC, matrix, written

from orchestrator.config.assets import asset_dir
from orchestrator.config.matrix import load_matrix, suite_names, tier_patterns
from orchestrator.model.errors import UsageError
from orchestrator.model.matrix import PatchValue, Pattern, Value

TOP = 'trees = ["default"]\nconfigs = ["numa"]\ntopologies = ["numa2"]\n'


def test_all_that_may_be_left_out(tmp_path: Path) -> None:
    found = matrix(tmp_path, TOP)
    assert (found.name, found.file) == ("night", tmp_path / "night.toml")
    assert [(tree.name, tree.folder, tree.source) for tree in found.trees] == [
        ("default", None, "default")
    ]
    assert found.suites == (Value("", ""),) and found.patches == () and found.base
    assert (found.settings.accel, found.settings.step_s) == ("auto", 40.0)


def test_names_stand_for_what_the_options_take_and_files_are_beside_the_matrix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my.config").write_text("# a reason\nCONFIG_SMP=y\n")
    (tmp_path / "my.toml").write_text('[[node]]\ncpus = "0"\nmem_mib = 512\n')
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    text = """
name = "all of it"
base = false
topologies = ["./my.toml", "numa2"]
[configs]
plain = "numa"
own = "numa, my.config"
[suites]
quick = "create,stop"
[trees]
mine = "./linux"
tar = "tarball:linux.tar.xz"
[patches]
both = ["fix.patch", "https://lore.kernel.org/r/x@y/"]
rework = { series = "rework.mbox" }
mail = "20261101.1@example.org"
[settings]
timeout = 90
accel = "tcg"
"""
    (tmp_path / "linux.tar.xz").write_text("")
    monkeypatch.chdir(elsewhere)
    found = matrix(tmp_path, text)
    assert (found.name, found.base) == ("all of it", False)
    assert [(v.name, v.spec) for v in found.configs] == [
        ("plain", "numa"),
        ("own", f"numa,{tmp_path}/my.config"),
    ]
    assert [v.spec for v in found.topologies] == [f"{tmp_path}/my.toml", "numa2"]
    assert [(v.name, v.spec) for v in found.suites] == [("quick", "create,stop")]
    assert found.trees[0].folder == tmp_path / "linux"
    assert found.trees[1].source == f"tarball:{tmp_path}/linux.tar.xz"
    assert found.patches == (
        PatchValue("both", (f"{tmp_path}/fix.patch", "https://lore.kernel.org/r/x@y/"), False, 14),
        PatchValue("rework", (f"{tmp_path}/rework.mbox",), True, 15),
        PatchValue("mail", ("20261101.1@example.org",), False, 16),
    )
    assert (found.settings.step_s, found.settings.accel) == (90.0, "tcg")


def test_an_include_may_name_what_no_axis_has(tmp_path: Path) -> None:
    text = BASIC + '[[include]]\ntree = "mine"\ntopology = "memoryless"\nconfig = "numa"\n'
    found = matrix(tmp_path, text)
    assert [(v.name, v.besides) for v in found.topologies] == [
        ("numa2", False),
        ("numa4", False),
        ("memoryless", True),
    ]
    assert found.include == (
        Pattern(tree=("mine",), topology=("memoryless",), config=("numa",), line=12),
    )


def test_tiers(tmp_path: Path) -> None:
    text = BASIC + '[tiers.quick]\ntopology = "numa4"\n[[tiers.x]]\ntree = "mine"\n'
    found = matrix(tmp_path, text + '[[tiers.x]]\npatch = ["", "rework#1"]\n')
    assert [one.topology for one in tier_patterns(found, "quick")] == [("numa4",)]
    assert len(tier_patterns(found, "x")) == 2
    assert tier_patterns(found, "") == tier_patterns(found, "full") == ()
    with pytest.raises(UsageError, match="no tier named 'quik'") as wrong:
        tier_patterns(found, "quik")
    assert wrong.value.hint == "did you mean quick? there are: full, quick, x"


@pytest.mark.parametrize(
    ("text", "line", "said", "hint"),
    [
        ('configs = ["numa"\n', 1, "", "matrices are TOML"),
        (TOP + 'topologys = ["numa4"]\n', 4, "no key named 'topologys'", "topologies?"),
        (TOP + '\n[[exclud]]\ntree = "x"\n', 5, "no key named 'exclud'", "exclude?"),
        (TOP + "[settings]\nacel = 1\n", 5, "no key named 'acel'", "did you mean accel?"),
        (TOP + '[[exclude]]\n\ntopolgy = "x"\n', 6, "no key named 'topolgy'", "topology?"),
        (TOP.replace("numa2", "numa22"), 3, "no topology named 'numa22'", "did you mean numa2?"),
        (TOP.replace('"numa"', '"numb"'), 2, "'numb'", "numa"),
        (TOP.replace("default", "kernel.og:7.1"), 1, "kernel.og", "kernel.org"),
        (TOP.replace("default", "./not-there"), 1, "tree ./not-there: no folder", ""),
        (TOP.replace("default", "~no-such-user/linux"), 1, "no-such-user", ""),
        (TOP + 'suites = ["create", "crate"]\n', 4, "no suite named 'crate'", "create"),
        (TOP + 'patches = ["not-there.patch"]\n', 4, "not-there.patch", ""),
        (TOP + 'patches = ["-"]\n', 4, "no standard input", "name a file"),
        (TOP + "patches = [1]\n", 4, "patches is no list of texts", "or a table [patches]"),
        (TOP + '[patches]\nx = ["fix.patch", 1]\n', 5, "patch 'x' names no patches", "series"),
        (TOP + '[patches]\nx = { serie = "fix.patch" }\n', 5, "names no patches", "series"),
        (TOP + '[patches]\n"x#1" = "fix.patch"\n', 5, "cannot be named so", "steps"),
        (TOP + 'base = "yes"\n', 4, "base is not true or false", ""),
        (TOP + "name = 3\n", 4, "name is not a text", ""),
        (TOP + 'name = " "\n', 4, "name is not a text", ""),
        (TOP + '[[exclude]]\ntree = "defualt"\n', 4, "no tree named", "did you mean default?"),
        (TOP + '[[exclude]]\ntopology = "numa4"\n', 4, "no topology named 'numa4'", "numa2"),
        (TOP + '[[exclude]]\npatch = "x#1"\n', 4, "no patch named 'x#1'", ""),
        (TOP + "[[exclude]]\n", 4, "[[exclude]] is empty", "every cell"),
        (TOP + "[[exclude]]\ntree = 1\n", 5, "tree is neither a text nor a list", ""),
        (TOP + 'exclude = "x"\n', 4, "exclude is no table", ""),
        (TOP + 'exclude = [{ tree = "x" }]\n', 4, "no tree named 'x'", "default"),
        (TOP + '[[include]]\ntopology = "numb2"\n', 5, "no topology named", "numa2"),
        (TOP + '[tiers]\nquick = "numa2"\n', 5, "tier quick is no table", "[tiers.quick]"),
        (TOP + '[tiers.quick]\nconfig = "x"\n', 4, "no config named 'x'", "numa"),
        (TOP + "[settings]\ntimeout = 0.5\n", 5, "timeout is 0.5", "1 at least"),
        (TOP + "[settings]\ntimeout = nan\n", 5, "timeout is nan", "1 at least"),
        (TOP + "[settings]\ntimeout = true\n", 5, "timeout is True", "1 at least"),
        (TOP + '[settings]\naccel = "hvf"\n', 5, "accel is 'hvf'", "one of: auto, kvm, tcg"),
        (TOP + '[settings]\nkmod = "linux"\n', 5, "no *_test.c in", ""),
        (TOP + "[settings]\nkmod = [1]\n", 5, "kmod is neither", ""),
        (TOP + '[settings]\nknown-issues = "no.toml"\n', 5, "cannot read the known issues", ""),
        (TOP.replace('["numa2"]', '["numa2", "numa2"]'), 3, "topologies has a value twice", ""),
        (TOP.replace('["numa2"]', '[""]'), 3, "a value of topologies is empty", ""),
        (TOP.replace('topologies = ["numa2"]', ""), 1, "no topologies", "docs/nightly.md"),
        ('configs = ["numa"]\ntopologies = ["numa2"]', 1, "no trees", "docs/nightly.md"),
        (TOP + '[patches]\n"a\\nb" = "fix.patch"\n', 4, r"'a\nb' has a control character", ""),
        (TOP.replace('"numa2"', '"\\u001b[2J"'), 3, "control character", ""),
        (TOP.replace("default", "./a\\u0000b"), 1, "control character", ""),
    ],
)  # fmt: skip
def test_slips(tmp_path: Path, text: str, line: int, said: str, hint: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UsageError) as wrong:
        load_matrix(path)
    assert wrong.value.message.startswith(f"{path}:{line}: "), wrong.value.message
    assert said in wrong.value.message and hint in wrong.value.hint, wrong.value.hint


def test_what_an_axis_has_wrong_is_told_before_patterns_that_follow_from_it(
    tmp_path: Path,
) -> None:
    text = TOP.replace("numa2", "numa44") + '[[exclude]]\ntopology = "numa4"\n'
    with pytest.raises(UsageError, match=r"night\.toml:3: no topology named 'numa44'"):
        matrix(tmp_path, text)


def test_a_file_where_the_command_is_called_is_not_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "other.patch").write_text("")
    monkeypatch.chdir(here)
    with pytest.raises(UsageError, match=r"night.toml:4: .*other.patch"):
        matrix(tmp_path, TOP + 'patches = ["other.patch"]\n')


@pytest.mark.parametrize("data", [b"\xff\xfe", None])
def test_what_cannot_be_read(tmp_path: Path, data: bytes | None) -> None:
    path = tmp_path / "night.toml"
    if data:
        path.write_bytes(data)
    with pytest.raises(UsageError, match="cannot read the matrix"):
        load_matrix(path)


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"night\.toml"):
        matrix(tmp_path, TOP + f'patches = ["{"x" * 5000}"]\n')


def test_a_pattern_for_steps_of_a_series_that_is_not_read_yet(tmp_path: Path) -> None:
    assert matrix(tmp_path, BASIC + '[[exclude]]\npatch = "rework#[12]"\n').exclude
    assert matrix(tmp_path, BASIC + '[[exclude]]\npatch = ["rework", ""]\n').exclude
    with pytest.raises(UsageError, match="no patch named 'fix#1'"):
        matrix(tmp_path, BASIC + '[[exclude]]\npatch = "fix#1"\n')


def test_the_example_that_users_copy(tmp_path: Path) -> None:
    """Its trees and patches are made for it; all else in it must be as it stands."""
    example = asset_dir("kmod").parent / "docs/examples/nightly.toml"
    text = example.read_text().replace("~/linux", "./linux")
    for name in ("numa-fix.patch", "rework.mbox"):
        (tmp_path / name).write_text("")
    found = matrix(tmp_path, text)
    assert tier_patterns(found, "quick") and found.exclude and found.include
    assert any(patch.each for patch in found.patches)


def test_suite_names() -> None:
    assert suite_names(" create, stop,") == ("create", "stop")
    assert suite_names("") == ()
