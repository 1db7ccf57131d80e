# SPDX-License-Identifier: GPL-2.0-only
"""--llvm and LLVM= in all their forms, and the names of tools that follow."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.config.fragments import combine
from orchestrator.config.llvm import llvm_value
from orchestrator.model.errors import UsageError
from orchestrator.model.toolchain import Toolchain, package, tool


@pytest.mark.parametrize(
    ("text", "value"), [("", ""), ("1", "1"), ("19", "-19"), ("-19", "-19"), ("-9", "-9")]
)
def test_as_make_has_it(text: str, value: str) -> None:
    assert llvm_value(text, "--llvm") == value


def test_a_folder_ends_with_a_slash(tmp_path: Path) -> None:
    assert llvm_value(str(tmp_path), "--llvm") == f"{tmp_path}/"
    assert llvm_value(f"{tmp_path}/", "LLVM") == f"{tmp_path}/"


@pytest.mark.parametrize(
    "text", ["0", "-0", "clang", "v7.1..HEAD", "/no/such/folder/", "19.1", "-x", "1 2", "\x1b[31m"]
)
def test_what_names_no_toolchain_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        llvm_value(text, "LLVM")
    assert caught.value.message.startswith("LLVM=") and caught.value.hint


def test_white_space_in_a_folder_would_be_two_words_to_make(tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    folder.mkdir()
    with pytest.raises(UsageError):
        llvm_value(f"{folder}/", "--llvm")


@pytest.mark.parametrize(
    ("llvm", "compiler", "linker"),
    [
        ("", "gcc", "ld"),
        ("1", "clang", "ld.lld"),
        ("-19", "clang-19", "ld.lld-19"),
        ("/opt/x/", "/opt/x/clang", "/opt/x/ld.lld"),
    ],
)
def test_tools(llvm: str, compiler: str, linker: str) -> None:
    assert (tool("gcc", llvm), tool("ld", llvm)) == (compiler, linker)


def test_packages_are_debians() -> None:
    assert (package("gcc", "-19"), package("ld", "-19")) == ("clang-19", "lld-19")
    assert package("objcopy", "1") == "llvm"


def test_a_configuration_keeps_its_toolchain() -> None:
    assert combine("numa", Toolchain(llvm="-19")).llvm == "-19" and combine("numa").llvm == ""
