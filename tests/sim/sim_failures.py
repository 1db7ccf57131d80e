# SPDX-License-Identifier: GPL-2.0-only
"""Hosts that die, workers that are killed, a scheduler that starts anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_steps import Disk, Going

if TYPE_CHECKING:
    from sim_world import World

HOUR_S = 3600.0


def start(world: World) -> None:
    """As often as the setting says."""
    fails = world.setting.failures
    for host in world.all_hosts:
        if fails.host_h:
            world.env.process(_dies(world, host, fails.host_h * HOUR_S))
        if fails.worker_h:
            world.env.process(_is_killed(world, host, fails.worker_h * HOUR_S))
    if fails.scheduler_h:
        world.env.process(_starts_anew(world, fails.scheduler_h * HOUR_S))


def _dies(world: World, host: str, mean_s: float) -> Going[None]:
    fails, number = world.setting.failures, 0
    while True:
        number += 1
        yield world.env.timeout(world.steps.dice.waits_s(mean_s, "dies", host, number))
        if host in world.gone:
            continue
        world.kill(host)
        world.steps.disks[host] = Disk()
        yield world.env.timeout(fails.notice_s)
        world.tell("lost", host)
        yield world.env.timeout(max(0.0, fails.repair_s - fails.notice_s))
        world.tell("joined", host)


def _is_killed(world: World, host: str, mean_s: float) -> Going[None]:
    number = 0
    while True:
        number += 1
        yield world.env.timeout(world.steps.dice.waits_s(mean_s, "killed", host, number))
        if host in world.gone:
            continue
        world.kill(host)
        world.tell("lost", host)
        yield world.env.timeout(world.setting.failures.worker_back_s)
        world.tell("joined", host)


def _starts_anew(world: World, mean_s: float) -> Going[None]:
    """Pessimistic: it forgets all that runs; results are kept by its journal."""
    number = 0
    while True:
        number += 1
        yield world.env.timeout(world.steps.dice.waits_s(mean_s, "anew", number))
        hosts = [host for host in world.all_hosts if host not in world.gone]
        for host in hosts:
            world.kill(host)
        yield world.env.timeout(world.setting.failures.scheduler_back_s)
        for host in hosts:
            world.tell("lost", host)
            world.tell("joined", host)
