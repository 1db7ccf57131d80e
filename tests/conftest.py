# SPDX-License-Identifier: GPL-2.0-only
"""For all tiers: no test fails because its host is slow."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
