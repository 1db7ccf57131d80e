# SPDX-License-Identifier: GPL-2.0-only
"""--insmod, and which folders of --kmod have modules of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.cli.besides import besides
from orchestrator.config.own_modules import has_own, parse_insmod, to_load
from orchestrator.model.errors import UsageError
from orchestrator.model.job import OwnModule

TESTS = Path(__file__).resolve().parents[2]
BUILT = (Path("/b/my-base.ko"), Path("/b/top.ko"), Path("/b/top_test.ko"))


@pytest.mark.parametrize(
    ("text", "module"),
    [
        ("top", OwnModule("top")),
        ("my-base.ko", OwnModule("my_base")),
        ("top,a=1,b=x*y", OwnModule("top", ("a=1", "b=x*y"))),
        ("top,list=1,2,3,on=", OwnModule("top", ("list=1,2,3", "on="))),
    ],
)
def test_insmod(text: str, module: OwnModule) -> None:
    assert parse_insmod(text) == module


@pytest.mark.parametrize(
    "text",
    ["", ",a=1", "../x", "a/b", "-x", "top,a", "top,a=b c", 'top,a="b"', "top,a=\n", "top,\x1b=1",
     "top,a=\u00e4", "top;reboot", "t" * 60],
)  # fmt: skip
def test_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_insmod(text)
    assert caught.value.message.isprintable()


def test_what_is_loaded() -> None:
    assert to_load((), BUILT) == (OwnModule("my_base"), OwnModule("top"))
    assert to_load((OwnModule("top"),), BUILT) == (OwnModule("top"),)
    with pytest.raises(UsageError, match="no module of --kmod named 'tip'"):
        to_load((OwnModule("tip"),), BUILT)
    assert to_load((), ()) == ()


def test_folders() -> None:
    assert has_own(TESTS / "kmod-own/good")
    assert not has_own(TESTS / "kmod-red"), "suites alone, and a Kbuild for them"
    assert not has_own(TESTS / "kmod-none")


def test_options_that_do_not_go_together() -> None:
    good, red = TESTS / "kmod-own/good", TESTS / "kmod-red"
    stays = TESTS / "kmod-own/stays"
    found = besides((), (good, red, stays), None, ("own_base",))
    assert found.own == (good, stays) and found.kunit == ""
    assert found.suites_of({"kmods": (good, red, stays)}) == {"kmods": (good, red)}
    for argv, kmods, kunit, insmods in (
        (("ls",), (), "*", ()),
        (("ls",), (good,), None, ()),
        ((), (red,), None, ("x",)),
        ((), (good,), None, ("own_base", "own_base")),
        ((), (), "", ()),
    ):
        with pytest.raises(UsageError):
            besides(argv, kmods, kunit, insmods)  # type: ignore[arg-type]
