# SPDX-License-Identifier: GPL-2.0-only
"""The simulator's files are scripts beside each other, no package."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "sim"))
