# SPDX-License-Identifier: GPL-2.0-only
"""Is the toolchain there, and new enough: with programs that say what they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from orchestrator.config.fragments import combine
from orchestrator.edge import toolchain
from orchestrator.edge.kernel_request import KernelRequest, family, kernel_inputs, kernel_key
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.job import Tree
from orchestrator.model.toolchain import GCC, PACKAGES, Toolchain, tool
from orchestrator.plan import make

SCRIPT = """\
#!/bin/sh
case $1 in
gcc) echo 8.1.0 ;;
llvm) [ "$SRCARCH" = x86 ] && echo 17.0.1 ;;
esac
"""


def program(path: Path, said: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{said}'\n")
    path.chmod(0o755)


@pytest.fixture
def llvm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """LLVM= of a folder with a clang 16 and all that goes with it."""
    folder = f"{tmp_path}/llvm/bin/"
    for name in PACKAGES:
        program(Path(tool(name, folder)), "Debian clang version 16.0.6 (15~deb12u1)")
    monkeypatch.setenv("ORCHESTRATE_SANDBOX", "never")
    toolchain.require.cache_clear()
    toolchain.compiler_version.cache_clear()
    return folder


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    program(tmp_path / "tree/scripts/min-tool-version.sh", "")
    (tmp_path / "tree/scripts/min-tool-version.sh").write_text(SCRIPT)
    return tmp_path / "tree"


def test_missing_tools_are_named_with_their_packages() -> None:
    with pytest.raises(InfrastructureError) as caught:
        toolchain.require("-977")
    assert "clang-977, ld.lld-977" in caught.value.message
    assert "apt-get install clang-977 lld-977 llvm-977;" in caught.value.hint


def test_one_missing_tool_is_enough(llvm: str) -> None:
    toolchain.require(llvm)
    Path(tool("objcopy", llvm)).unlink()
    toolchain.require.cache_clear()
    with pytest.raises(InfrastructureError, match=r"llvm-objcopy$"):
        toolchain.require(llvm)


def test_the_environment_counts_and_the_option_before_it(
    llvm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLVM", llvm)
    assert toolchain.asked(None) == Toolchain(llvm=llvm)
    assert toolchain.asked("") == GCC  # gcc, as a run that was made with it
    monkeypatch.setenv("LLVM", "0")
    with pytest.raises(UsageError):
        toolchain.asked(None)
    assert toolchain.asked(llvm) == Toolchain(llvm=llvm)
    monkeypatch.delenv("LLVM")
    assert toolchain.asked(None) == GCC


def test_a_compiler_too_old_for_the_tree_is_told_with_both_versions(llvm: str, tree: Path) -> None:
    with pytest.raises(UsageError) as caught:
        toolchain.check_age(tree, Toolchain(llvm=llvm))
    assert "is 16.0.6, and this tree wants 17.0.1 or later" in caught.value.message
    toolchain.compiler_version.cache_clear()
    program(Path(tool("gcc", llvm)), "clang version 17.0.1")
    toolchain.check_age(tree, Toolchain(llvm=llvm))


def test_versions_are_numbers_not_words(llvm: str, tree: Path) -> None:
    program(Path(tool("gcc", llvm)), "clang version 9.0.1")
    with pytest.raises(UsageError, match="9\\.0\\.1"):
        toolchain.check_age(tree, Toolchain(llvm=llvm))


def test_gcc_is_asked_too(tree: Path, monkeypatch: pytest.MonkeyPatch, llvm: str) -> None:
    toolchain.check_age(tree, GCC)  # Debian 12's is 12.2
    monkeypatch.setenv("PATH", str(tree / "bin"), prepend=":")
    program(tree / "bin/gcc", "gcc (Debian 7.3.0-1) 7.3.0")
    toolchain.compiler_version.cache_clear()
    with pytest.raises(UsageError, match="gcc is 7\\.3\\.0, and this tree wants 8\\.1\\.0"):
        toolchain.check_age(tree, GCC)
    toolchain.compiler_version.cache_clear()


def test_a_tree_that_tells_nothing_is_built(tmp_path: Path, llvm: str) -> None:
    toolchain.check_age(tmp_path, Toolchain(llvm=llvm))


def test_another_toolchain_is_another_kernel_and_no_kin(llvm: str, tmp_path: Path) -> None:
    tree = Tree(tmp_path, "0123", "7.3.4", "here")
    gcc, clang = (
        KernelRequest(tree, combine("numa")),
        KernelRequest(tree, combine("numa", Toolchain(llvm=llvm))),
    )
    assert kernel_key(gcc) != kernel_key(clang)
    assert family(gcc.config) != family(clang.config)
    tools = [each for each in kernel_inputs(clang) if each.group == "toolchain"]
    assert [each.name for each in tools] == [tool("gcc", llvm), tool("ld", llvm)]
    before = kernel_key(clang)
    program(Path(tool("ld", llvm)), "LLD 17")
    assert kernel_key(clang) != before


def test_the_hosts_rustc_counts_only_where_rust_is_asked_for(tmp_path: Path) -> None:
    tree = Tree(tmp_path, "0123", "7.3.4", "here")
    plain = combine("numa")
    names = {each.name for each in kernel_inputs(KernelRequest(tree, plain))}
    assert not names & {"rustc", "bindgen", "pahole"}
    hidden = make.unseen_tools((one.name, one.value) for one in plain.options)
    assert [word.partition("=")[0] for word in hidden] == ["RUSTC", "PAHOLE"]

    rust = replace(plain.options[0], name="CONFIG_RUST", value="y")
    asks = replace(plain, options=(*plain.options, rust))
    names = {each.name for each in kernel_inputs(KernelRequest(tree, asks))}
    assert {"rustc", "bindgen"} <= names and "pahole" not in names
    hidden = make.unseen_tools((one.name, one.value) for one in asks.options)
    assert [word.partition("=")[0] for word in hidden] == ["PAHOLE"]
