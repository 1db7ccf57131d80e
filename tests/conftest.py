# SPDX-License-Identifier: GPL-2.0-only
"""For all tiers: no test fails because its host is slow."""

from __future__ import annotations

import importlib.metadata

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

# The plugin comes with the installed project; where the tests run without, from here.
_loaded = {each.name for each in importlib.metadata.entry_points(group="pytest11")}
pytest_plugins = () if "orchestrate" in _loaded else ("orchestrator.testing.plugin",)
