# SPDX-License-Identifier: GPL-2.0-only
"""The JSON report of a night, as its schema says; and what a webhook is sent."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from sample_nights import FIX, HOSTILE, all_sorts, judged, new_failure, nights, red, standing

from orchestrator.model.night import Change
from orchestrator.model.night_told import tell
from orchestrator.report.document import to_json
from orchestrator.report.night_document import night_report_json, schema, webhook_body

SCHEMA_FILE = Path(__file__).parents[3] / "docs" / "night-report.schema.json"
REGENERATE = (
    'python -c "from orchestrator.report.night_document import schema; '
    "from orchestrator.report.document import to_json; "
    "print(to_json(schema()), end='')\" > docs/night-report.schema.json"
)
VALIDATOR = jsonschema.Draft202012Validator(schema())


@pytest.mark.parametrize("name", nights())
def test_it_is_as_its_schema_says(name: str) -> None:
    told = nights()[name]
    value = json.loads(night_report_json(told))
    VALIDATOR.validate(value)
    assert value["green"] == told.green
    assert len(value["cells"]) == len(told.cells)
    assert value["counts"] == {} or sum(value["counts"].values()) == len(value["stories"])


def test_the_schema_refuses_what_is_wrong() -> None:
    good = json.loads(night_report_json(tell(new_failure())))
    assert VALIDATOR.is_valid(good)
    assert not VALIDATOR.is_valid({**good, "green": "yes"})
    assert not VALIDATOR.is_valid({**good, "cells": [{**good["cells"][0], "said": "fine"}]})
    assert not VALIDATOR.is_valid({key: good[key] for key in good if key != "stories"})


def test_the_schema_file_is_current() -> None:
    hint = f"docs/night-report.schema.json is not what the code writes; run: {REGENERATE}"
    assert SCHEMA_FILE.is_file(), hint
    assert SCHEMA_FILE.read_text() == to_json(schema()), hint


def test_what_it_says() -> None:
    value = json.loads(night_report_json(tell(all_sorts())))
    assert not value["green"] and value["changed"]
    assert value["counts"]["new failure"] == 1
    said = {each["name"]: each["said"] for each in value["cells"]}
    assert said["t/flaky/numa/numa4"] == "flaky"
    assert said["t/not-run/numa/numa4"] == "host"
    assert said["t/late/numa/numa4"] == "no time"
    held = next(each for each in value["cells"] if each["quarantined"])
    assert held["standing"]["quarantine"]["owner"] == "who@example.org"


def test_hostile_names_come_back_as_they_were() -> None:
    value = json.loads(night_report_json(nights()["hostile"]))
    assert value["matrix"] == HOSTILE
    assert value["cells"][0]["cell"]["tree"] == HOSTILE
    assert len(value["subject"].splitlines()) == 1


def test_a_webhook_is_sent_stories_and_no_cells() -> None:
    told = tuple(standing(FIX, Change.NEW_FAILURE, f"s.c{n}", headline="no") for n in range(120))
    value = json.loads(webhook_body(tell(judged((red(FIX),), told))))
    assert value["event"] == "night" and "cells" not in value
    assert (len(value["stories"]), value["stories_left_out"]) == (100, 20)
    small = json.loads(webhook_body(tell(new_failure())))
    assert small["stories"] == [
        {
            "change": "new failure",
            "test": "s.one",
            "title": "s.one failed",
            "cells": [str(FIX)],
            "since": "",
            "silenced": [],
        }
    ]
    assert small["why"] == ["new failure: s.one failed"]
