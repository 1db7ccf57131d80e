# SPDX-License-Identifier: GPL-2.0-only
"""python -m orchestrator"""

from orchestrator.cli.main import main

main()
