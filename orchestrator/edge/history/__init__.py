# SPDX-License-Identifier: GPL-2.0-only
"""The nights that were, in a database: a file by default, PostgreSQL for a farm."""
