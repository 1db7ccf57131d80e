# SPDX-License-Identifier: GPL-2.0-only
"""`tox -e faults`: see matrix.py."""

from __future__ import annotations

import sys

from matrix import main

if __name__ == "__main__":
    sys.exit(main())
