# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.config.patch_spec import (
    CommitRange,
    LoreMail,
    PatchFile,
    PatchSpec,
    StandardInput,
    WebPage,
    message_id_of,
    parse_patch_spec,
)
from orchestrator.model.errors import UsageError

LORE = "https://lore.kernel.org"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fix.patch").write_text("x")
    (tmp_path / "a@b").write_text("x")
    (tmp_path / "sub").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("-", StandardInput()),
        ("fix.patch", PatchFile(Path("fix.patch"))),
        ("sub/../fix.patch", PatchFile(Path("sub/../fix.patch"))),
        ("a@b", PatchFile(Path("a@b"))),
        ("<a@b>", LoreMail("a@b")),
        ("Message-ID: <2026.1-a/b+c@x.org>", LoreMail("2026.1-a/b+c@x.org")),
        ("2026.1-a+c@x.org", LoreMail("2026.1-a+c@x.org")),
        (f"{LORE}/all/1-2@x.org/", LoreMail("1-2@x.org")),
        (f"{LORE}/linux-mm/1-2@x.org/T/#u", LoreMail("1-2@x.org")),
        (f"{LORE}/r/1%2F2@x.org", LoreMail("1/2@x.org")),
        ("https://patch.msgid.link/1@x.org", LoreMail("1@x.org")),
        (f"{LORE}/all/1@x.org/raw", WebPage(f"{LORE}/all/1@x.org/raw")),
        (f"{LORE}/linux-mm/", WebPage(f"{LORE}/linux-mm/")),
        ("http://lists.example/1@x.org", WebPage("http://lists.example/1@x.org")),
        ("git:v7.1..topic", CommitRange("v7.1", "topic")),
        ("git:v7.1..", CommitRange("v7.1", "HEAD")),
        ("git:HEAD~2", CommitRange("", "HEAD~2")),
        ("v7.1..origin/topic", CommitRange("v7.1", "origin/topic")),
        ("HEAD^..HEAD", CommitRange("HEAD^", "HEAD")),
    ],
)
def test_specs(text: str, spec: PatchSpec) -> None:
    assert parse_patch_spec(text) == spec


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("", "names nothing", "one of: FILE"),
        ("fix.ptach", "no such file", "did you mean fix.patch?"),
        ("sub/../fix.ptach", "no such file", "did you mean sub/../fix.patch?"),
        ("nowhere/x.patch", "nor a message-id", "one of: FILE"),
        ("x\0", "no such file", "one of: FILE"),
        ("x" * 5000, "no such file", "one of: FILE"),
        ("sub", "is a directory", "name a file in it"),
        ("git:", "nothing follows git:", "git:REV..REV"),
        ("git:..", "no start", "git:REV..REV"),
        ("git:..topic", "no start", "git:REV..topic"),
        ("git:a...b", "no range of patches", "git:a..b"),
        ("git:-o/etc..b", "'-o/etc' is no revision", "git:REV..REV"),
        ("git:a..--output=x", "'--output=x' is no revision", "git:REV..REV"),
        ("https://", "not a URL", LORE),
        ("http://[::1/x", "not a URL", LORE),
    ],
)
def test_mistakes(text: str, said: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_patch_spec(text)
    assert said in caught.value.message
    assert caught.value.hint.startswith(hint)


def test_every_spec_names_itself_as_one_that_reads_the_same() -> None:
    for text in ("-", "fix.patch", "<a@b>", "http://x/y", "git:a..b", "git:a"):
        assert parse_patch_spec(text).text == text


def test_message_ids_in_urls() -> None:
    assert message_id_of("/all/1@x/t.mbox.gz") == "1@x"
    assert message_id_of("/all/1@x/raw") == ""
    assert message_id_of("/") == message_id_of("") == ""
