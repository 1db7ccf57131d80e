# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from orchestrator.edge.fingerprint import digest, file_digest, file_sha256, toolchain_digest
from orchestrator.model.errors import InfrastructureError


def test_parts_do_not_run_together() -> None:
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("ab") != digest("ab", "")
    assert digest("ab", b"c") == digest(b"ab", "c")
    assert len(digest()) == 16


def test_a_file_is_its_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 100_000)
    (tmp_path / "b").write_bytes(b"x" * 100_000)
    assert file_sha256(tmp_path / "a") == hashlib.sha256(b"x" * 100_000).hexdigest()
    assert file_digest(tmp_path / "a") == file_digest(tmp_path / "b")


def _tool(path: Path, version: str) -> Path:
    path.write_text(f"#!/bin/sh\necho '{version}'\necho built today\n")
    path.chmod(0o755)
    return path


def test_a_new_compiler_or_setting_is_another_toolchain(tmp_path: Path) -> None:
    cc, ld = _tool(tmp_path / "cc", "cc 12.2"), _tool(tmp_path / "ld", "ld 2.40")
    variables = {"CC": str(cc), "LD": str(ld)}
    before = toolchain_digest(variables)
    assert toolchain_digest(dict(reversed(variables.items()))) == before
    assert toolchain_digest({**variables, "ARCH": "x86_64"}) != before
    _tool(ld, "ld 2.41")
    assert toolchain_digest(variables) != before
    _tool(ld, "ld 2.40")
    assert toolchain_digest(variables) == before


def test_cross_compile_and_llvm_name_other_tools(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for name in ("test-cross-gcc", "test-cross-ld", "clang-77", "ld.lld-77"):
        _tool(tmp_path / name, name)
    assert toolchain_digest({"CROSS_COMPILE": "test-cross-"}) != toolchain_digest({"LLVM": "-77"})
    with pytest.raises(InfrastructureError):
        toolchain_digest({"CROSS_COMPILE": "no-such-"})
