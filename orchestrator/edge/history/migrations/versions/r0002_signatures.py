# SPDX-License-Identifier: GPL-2.0-only
"""The crashes, warnings and stalls that runs showed, by their signatures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "signatures",
        sa.Column("id", _Id, primary_key=True),
        sa.Column("signature", sa.Text, nullable=False, unique=True),
        sa.Column("title", sa.Text, nullable=False),
    )
    op.create_table(
        "sightings",
        sa.Column("attempt_id", _Id, sa.ForeignKey("attempts.id"), primary_key=True),
        sa.Column("signature_id", _Id, sa.ForeignKey("signatures.id"), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_sightings_signature", "sightings", ["signature_id", "attempt_id"])
