# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest

from orchestrator.mail.subject import Subject, parse_subject


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[PATCH] a: b", Subject("a: b", is_patch=True)),
        ("[PATCH v3 2/7] a: b", Subject("a: b", 2, 7, 3, is_patch=True)),
        ("[PATCHv3 02/17] x", Subject("x", 2, 17, 3, is_patch=True)),
        ("[PATCH RFC DRAFT POC 01/11] x", Subject("x", 1, 11, is_patch=True)),
        ("[RFC PATCH -next v12 0/3] x", Subject("x", 0, 3, 12, is_patch=True)),
        ("[PATCH][RFC][v2] x", Subject("x", version=2, is_patch=True)),
        ("[PATCH 6/5] one more", Subject("one more", 6, 6, is_patch=True)),
        ("[linux-numa] [PATCH 1/2] x", Subject("x", 1, 2, is_patch=True)),
        ("Re: [PATCH 1/2]\n x", Subject("x", 1, 2, reply=True, is_patch=True)),
        ("AW: Re: [PATCH] x", Subject("x", reply=True, is_patch=True)),
        ("[PATCH 2/3] [PATCH v9 7/8] x", Subject("[PATCH v9 7/8] x", 2, 3, is_patch=True)),
        ("[PATCH net-next,v2,3/4] x", Subject("x", 3, 4, 2, is_patch=True)),
        ("[media] saa7134: x", Subject("[media] saa7134: x")),
        ("x: read 1/2 of v3", Subject("x: read 1/2 of v3")),
        ("", Subject("")),
        ("Re: ", Subject("", reply=True)),
    ],
)
def test_subjects(text: str, found: Subject) -> None:
    assert parse_subject(text) == found
