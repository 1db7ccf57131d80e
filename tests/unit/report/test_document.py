# SPDX-License-Identifier: GPL-2.0-only
"""run.json: written, read back, and as its schema says."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from sample_results import HOSTILE, TAME, green_tests, run_result, unbooted, with_known

from orchestrator.model.document import SCHEMA_VERSION
from orchestrator.model.evidence import KtapCounts
from orchestrator.model.verdict import Verdict
from orchestrator.report.document import (
    document,
    read_document,
    schema,
    suite_summaries,
    to_json,
)

SCHEMA_FILE = Path(__file__).parents[3] / "docs" / "run.schema.json"
REGENERATE = (
    'python -c "from orchestrator.report.document import schema, to_json; '
    "print(to_json(schema()), end='')\" > docs/run.schema.json"
)

RESULTS = [
    *(run_result(verdict) for verdict in Verdict),
    *(unbooted(verdict) for verdict in Verdict),
    run_result(Verdict.PASS, results=green_tests()),
    run_result(Verdict.CRASH, HOSTILE),
]


@pytest.mark.parametrize("index", range(len(RESULTS)))
def test_what_is_written_is_read_back(index: int) -> None:
    written = document(RESULTS[index])
    assert read_document(to_json(written)) == written


@pytest.mark.parametrize("index", range(len(RESULTS)))
def test_it_is_as_its_schema_says(index: int) -> None:
    value = json.loads(to_json(document(RESULTS[index])))
    jsonschema.Draft202012Validator(schema()).validate(value)
    assert value["exit_code"] == Verdict(value["verdict"]).exit_code
    assert value["schema_version"] == SCHEMA_VERSION


def test_the_schema_refuses_what_is_wrong() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    good = json.loads(to_json(document(RESULTS[0])))
    assert validator.is_valid(good)
    assert not validator.is_valid({**good, "verdict": "green"})
    assert not validator.is_valid({**good, "stages": [{"stage": "boot", "took_s": "long"}]})
    assert not validator.is_valid({key: good[key] for key in good if key != "findings"})


def test_the_schema_file_is_current() -> None:
    hint = f"docs/run.schema.json is not what the code writes; run: {REGENERATE}"
    assert SCHEMA_FILE.is_file(), hint
    assert SCHEMA_FILE.read_text() == to_json(schema()), hint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Expecting value"),
        ("{", "Expecting property"),
        ("[]", "object"),
        ("{}", "schema_version"),
        (to_json(document(RESULTS[0])).replace('"pass"', '"green"'), "$.verdict"),
    ],
)
def test_a_damaged_document_is_refused_with_a_reason(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("$", r"\$")):
        read_document(text)


def test_every_suite_asked_for_has_a_line() -> None:
    heard, unheard = suite_summaries(run_result(Verdict.FAIL))
    assert (heard.name, heard.guest_s) == (TAME, 0.25)
    assert heard.counts == KtapCounts(passed=1, failed=1, skipped=1, crashed=1)
    assert (unheard.name, unheard.counts, unheard.guest_s) == ("orch_unheard", KtapCounts(), None)
    assert suite_summaries(unbooted(Verdict.FAIL)) == ()


def test_known_issues_are_in_the_document_and_read_back() -> None:
    written = document(with_known(run_result(Verdict.FAIL)))
    value = json.loads(to_json(written))
    jsonschema.Draft202012Validator(schema()).validate(value)
    assert read_document(to_json(written)) == written
    assert value["verdict"] == "pass"
    assert [one["known"] for one in value["findings"]] == ["it"]
    assert value["known_issues"][0]["proof"]["run"] == "base/run.json"
