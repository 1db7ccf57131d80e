# SPDX-License-Identifier: GPL-2.0-only
"""Every check there is, one a file. A new one is a file and a row here."""

from __future__ import annotations

from orchestrator.judge.case import Check
from orchestrator.judge.checks.built_in import check_built_in
from orchestrator.judge.checks.channels import check_channels
from orchestrator.judge.checks.clone_flags import check_clone_flags
from orchestrator.judge.checks.command import check_command
from orchestrator.judge.checks.creation import check_creation
from orchestrator.judge.checks.ending import check_ending
from orchestrator.judge.checks.guest_view import check_guest_view
from orchestrator.judge.checks.hmat import check_hmat
from orchestrator.judge.checks.ktap import check_ktap
from orchestrator.judge.checks.leaks import check_leaks
from orchestrator.judge.checks.modules import check_modules
from orchestrator.judge.checks.plugs import check_plugs
from orchestrator.judge.checks.splats import check_splats
from orchestrator.judge.checks.suites import check_suites
from orchestrator.judge.checks.work_cpu import check_work_cpu

CHECKS: tuple[Check, ...] = (
    check_ending,
    check_guest_view,
    check_hmat,
    check_plugs,
    check_channels,
    check_splats,
    check_modules,
    check_suites,
    check_built_in,
    check_command,
    check_ktap,
    check_clone_flags,
    check_creation,
    check_leaks,
    check_work_cpu,
)
