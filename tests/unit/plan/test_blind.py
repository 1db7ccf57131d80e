# SPDX-License-Identifier: GPL-2.0-only
"""What a detector leaves out is said."""

from __future__ import annotations

import pytest

from orchestrator.plan.blind import blind_spots

OFF = "# CONFIG_KASAN_STACK is not set"


def test_kasan_by_clang() -> None:
    (said,) = blind_spots(f"CONFIG_KASAN=y\nCONFIG_KASAN_GENERIC=y\n{OFF}\n")
    assert "variables on stacks" in said and "\n" not in said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CONFIG_KASAN_GENERIC=y\nCONFIG_KASAN_STACK=y\n",  # gcc's
        "# CONFIG_KASAN is not set\n",
        f"{OFF}\n",
        "CONFIG_KASAN_GENERIC=y\n",  # a tree that has no such option, and always watches them
    ],
)
def test_nothing_to_say(text: str) -> None:
    assert blind_spots(text) == ()
