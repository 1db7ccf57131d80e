# SPDX-License-Identifier: GPL-2.0-only
"""Alembic runs this: on the connection, and in the transaction, of whoever opens the history."""

from __future__ import annotations

from alembic import context

from orchestrator.edge.history.schema import VERSION_TABLE, metadata

# SQLite can undo the making of tables as PostgreSQL can; alembic leaves that off unless asked.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
context.run_migrations()
