# SPDX-License-Identifier: GPL-2.0-only
"""The tables, as the newest migration leaves them. (A test compares the two.)

What repeats is told once: cells, tests and signatures have a row each, results only numbers.
They are found by a digest, since PostgreSQL indexes no text of any length. Times are kept as
they were told, and in microseconds (`*_us`), which order them.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

# Oldest first; each is a file of migrations/versions.
REVISIONS = ("0001", "0002", "0003")
VERSION_TABLE = "orchestrate_history"

metadata = MetaData()
# SQLite numbers rows by itself only in a column that is INTEGER and nothing else.
_Id = BigInteger().with_variant(Integer, "sqlite")


def _ref(name: str, to: Table, *, key: bool = False) -> Column[int]:
    return Column(name, _Id, ForeignKey(to.c.id), primary_key=key, nullable=False)


nights = Table(
    "nights",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("uuid", Text, nullable=False, unique=True),
    Column("matrix", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("started_us", BigInteger, nullable=False),
    Column("ended_at", Text, nullable=False),
    Index("ix_nights_matrix_started", "matrix", "started_us"),
)

cells = Table(
    "cells",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("tree", Text, nullable=False),
    Column("patch", Text, nullable=False),
    Column("config", Text, nullable=False),
    Column("topology", Text, nullable=False),
    Column("suites", Text, nullable=False),
)

night_cells = Table(
    "night_cells",
    metadata,
    _ref("night_id", nights, key=True),
    _ref("cell_id", cells, key=True),
    Column("position", Integer, nullable=False),
    Column("not_run", Boolean, nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("uuid", Text, nullable=False, unique=True),
    _ref("night_id", nights),
    _ref("cell_id", cells),
    Column("number", Integer, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("started_us", BigInteger, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("fault", Text),
    Column("kernel_release", Text, nullable=False),
    Column("tree_key", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("run_dir", Text, nullable=False),
    Column("wall_s", Float, nullable=False),
    Column("build_s", Float),
    Column("boot_s", Float),
    Column("headline", Text, nullable=False),
    Index("ix_attempts_night", "night_id"),
    Index("ix_attempts_cell_started", "cell_id", "started_us"),
)

tests = Table(
    "tests",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
)

results = Table(
    "results",
    metadata,
    _ref("attempt_id", attempts, key=True),
    _ref("test_id", tests, key=True),
    Column("position", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("duration_s", Float),
    Index("ix_results_test", "test_id", "attempt_id"),
    sqlite_with_rowid=False,
)

signatures = Table(
    "signatures",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("signature", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
)

sightings = Table(
    "sightings",
    metadata,
    _ref("attempt_id", attempts, key=True),
    _ref("signature_id", signatures, key=True),
    Column("position", Integer, nullable=False),
    Index("ix_sightings_signature", "signature_id", "attempt_id"),
    sqlite_with_rowid=False,
)

findings = Table(
    "findings",
    metadata,
    _ref("attempt_id", attempts, key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    sqlite_with_rowid=False,
)
