# SPDX-License-Identifier: GPL-2.0-only
"""All that was found in a run, by title: the headline alone hides what came with it.

Of runs that were written before, the headline is all that is known; they get no rows, since one
would say that it is all there was.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "findings",
        sa.Column("attempt_id", _Id, sa.ForeignKey("attempts.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("title", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
