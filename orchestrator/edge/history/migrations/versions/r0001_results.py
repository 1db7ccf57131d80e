# SPDX-License-Identifier: GPL-2.0-only
"""Nights, their cells, attempts at them, and what each test said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _nights()
    _attempts()
    _results()


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _ref(name: str, to: str, *, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, _Id, sa.ForeignKey(f"{to}.id"), primary_key=key, nullable=False)


def _nights() -> None:
    op.create_table(
        "nights",
        sa.Column("id", _Id, primary_key=True),
        sa.Column("uuid", sa.Text, nullable=False, unique=True),
        _text("matrix"),
        _text("started_at"),
        sa.Column("started_us", sa.BigInteger, nullable=False),
        _text("ended_at"),
    )
    op.create_index("ix_nights_matrix_started", "nights", ["matrix", "started_us"])
    op.create_table(
        "cells",
        sa.Column("id", _Id, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False, unique=True),
        *map(_text, ("tree", "patch", "config", "topology", "suites")),
    )
    op.create_table(
        "night_cells",
        _ref("night_id", "nights", key=True),
        _ref("cell_id", "cells", key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("not_run", sa.Boolean, nullable=False),
    )


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", _Id, primary_key=True),
        sa.Column("uuid", sa.Text, nullable=False, unique=True),
        _ref("night_id", "nights"),
        _ref("cell_id", "cells"),
        sa.Column("number", sa.Integer, nullable=False),
        _text("started_at"),
        sa.Column("started_us", sa.BigInteger, nullable=False),
        _text("verdict"),
        sa.Column("fault", sa.Text),
        _text("kernel_release"),
        _text("tree_key"),
        _text("host"),
        _text("run_dir"),
        sa.Column("wall_s", sa.Float, nullable=False),
        sa.Column("build_s", sa.Float),
        sa.Column("boot_s", sa.Float),
        _text("headline"),
    )
    op.create_index("ix_attempts_night", "attempts", ["night_id"])
    op.create_index("ix_attempts_cell_started", "attempts", ["cell_id", "started_us"])


def _results() -> None:
    op.create_table(
        "tests",
        sa.Column("id", _Id, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False, unique=True),
        _text("name"),
    )
    op.create_table(
        "results",
        _ref("attempt_id", "attempts", key=True),
        _ref("test_id", "tests", key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("duration_s", sa.Float),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_results_test", "results", ["test_id", "attempt_id"])
