# SPDX-License-Identifier: GPL-2.0-only
"""--source SPEC: every form, and what is said of the ones that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.config.source_spec import (
    DebianBinary,
    DebianSource,
    DefaultSource,
    GitRef,
    KernelOrg,
    SourceSpec,
    Tarball,
    parse_source_spec,
)
from orchestrator.model.errors import UsageError


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("default", DefaultSource()),
        ("debian:linux-source-7.3", DebianBinary("linux-source-7.3")),
        ("debian:linux-source-7.3=7.3.4-1", DebianBinary("linux-source-7.3", "7.3.4-1")),
        ("debian-src:linux=7.1.8-1~bpo13+1", DebianSource("linux", "7.1.8-1~bpo13+1")),
        ("kernel.org:7.1.8", KernelOrg("7.1.8")),
        ("kernel.org:10.0", KernelOrg("10.0")),
        ("git:/src/linux@v7.1", GitRef("/src/linux", "v7.1")),
        ("git:/src/linux@HEAD~2", GitRef("/src/linux", "HEAD~2")),
        ("git:git@host.example:a/linux.git@v7.1", GitRef("git@host.example:a/linux.git", "v7.1")),
        ("git:ssh://me@host.example/linux@next/x", GitRef("ssh://me@host.example/linux", "next/x")),
        ("tarball:a/linux-7.1.tar.zst", Tarball(Path("a/linux-7.1.tar.zst"))),
    ],
)
def test_every_form_and_back(text: str, spec: SourceSpec) -> None:
    assert parse_source_spec(text) == spec
    assert spec.text == text


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("kernel.org:v7.1.8", KernelOrg("7.1.8")),
        ("linux-7.1.8.tar.xz", Tarball(Path("linux-7.1.8.tar.xz"))),
        ("git:/src/linux", GitRef("/src/linux", "HEAD")),
        ("git:/src/linux@HEAD@{1}", GitRef("/src/linux", "HEAD@{1}")),
        ("git:git@host.example:linux.git", GitRef("git@host.example:linux.git", "HEAD")),
        ("git:https://me@host.example/x.git", GitRef("https://me@host.example/x.git", "HEAD")),
        ("git:https://me@host.example", GitRef("https://me@host.example", "HEAD")),
    ],
)
def test_shorter_spellings(text: str, spec: SourceSpec) -> None:
    assert parse_source_spec(text) == spec


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("debain:linux-source-7.3", "debian:PACKAGE[=VERSION]"),
        ("kernelorg:7.1.8", "kernel.org:VERSION"),
        ("kernel.org:7.x", "kernel.org:VERSION"),
        ("kernel.org:7.2-rc3", "git:URL@v7.2-rc3"),
        ("debian:", "debian:PACKAGE[=VERSION]"),
        ("debian:-o=x", "debian:PACKAGE[=VERSION]"),
        ("debian:linux-source-7.3=", "debian:PACKAGE[=VERSION]"),
        ("debian-src:linux=; rm", "debian-src:PACKAGE[=VERSION]"),
        ("git:/src/linux@", "git:URL@REF"),
        ("git:--upload-pack=x@v1", "git:URL@REF"),
        ("git:/src/linux@--output=x", "git:URL@REF"),
        ("tarball:linux.zip", "tarball:PATH"),
        ("defualt", "default"),
        ("???", "one of: default, debian:"),
        ("", "one of: default"),
    ],
)
def test_what_is_no_source_names_the_nearest_form(text: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_source_spec(text)
    assert text in caught.value.message
    assert hint in caught.value.hint
