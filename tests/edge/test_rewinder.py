# SPDX-License-Identifier: GPL-2.0-only
"""Going back, on a stand-in that runs a program of a few instructions over real sockets: what it
must come to is known for each place. Real machines: tests/boot/test_record.py."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass, field

import pytest

from orchestrator.edge.debug.rewinder import BEGIN, BROKEN_OFF, Between, Side, framed

LENGTH = 40  # instructions; the pc is the count modulo LOOP
LOOP = 7
PLACE = 3
WRITES = (5, 12, 13, 20)  # counts at which a write that is watched has just been done
KEPT: list[object] = []  # tasks, which asyncio itself does not hold


@dataclass
class Program:
    """rewinder.Machine: a guest that counts."""

    stub: Side
    count_: int = 0
    limit: int = LENGTH
    breakpoints: set[str] = field(default_factory=set)
    greeted: list[str] = field(default_factory=list)
    ended: bool = False
    stuck: bool = False  # waits for an interrupt
    _interrupt: asyncio.Event = field(default_factory=asyncio.Event)

    async def count(self) -> int:
        return self.count_

    async def stop_at(self, count: int) -> None:
        self.limit = count

    async def end(self) -> None:
        self.ended = True
        self.stub.close()

    async def serve(self, side: Side) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                packet = await side.read()
                if packet == "\x03":
                    self._interrupt.set()
                elif packet == "c" and self.stuck:
                    KEPT.append(asyncio.create_task(self._wait(side)))
                else:
                    await side.send(self._answer(packet))

    async def _wait(self, side: Side) -> None:
        await self._interrupt.wait()
        await side.send("T02thread:01;")

    def _written(self) -> str:
        watched = "2,1000,8" in self.breakpoints and self.count_ in WRITES
        return "T05thread:01;watch:1000;" if watched else ""

    def _answer(self, packet: str) -> str:
        if packet.startswith("Z"):
            self.breakpoints.add(packet[1:])
        elif packet.startswith("z"):
            self.breakpoints.discard(packet[1:])
        elif packet == "s":
            self.count_ += 1
            return self._written() or "T05thread:01;"
        elif packet == "c":
            while self.count_ < self.limit:
                if f"0,{self.count_ % LOOP:x},1" in self.breakpoints:
                    return "T05thread:01;"
                self.count_ += 1
                if told := self._written():
                    return told
            return "T02thread:01;"
        elif packet == "g":
            return f"{self.count_:x}"
        else:
            self.greeted.append(packet)
        return "OK"


class World:
    """Programs, each behind a socket of its own; gdb's end is `side`."""

    def __init__(self) -> None:
        self.programs: list[Program] = []
        self.stuck_from = 1000  # those made then wait for ever

    async def fresh(self) -> Program:
        ours, theirs = await pair()
        program = Program(ours, stuck=len(self.programs) >= self.stuck_from)
        self.programs.append(program)
        KEPT.append(asyncio.create_task(program.serve(theirs)))
        return program


async def pair() -> tuple[Side, Side]:
    ends = [await asyncio.open_connection(sock=each) for each in socket.socketpair()]
    return Side(*ends[0]), Side(*ends[1])


async def talked(words: list[str], world: World) -> list[str]:
    """What gdb hears for each of these; "!": Ctrl-C, which has no answer of its own."""
    gdb, ours = await pair()
    between = asyncio.create_task(Between(ours, await world.fresh(), world.fresh).run())
    heard = []
    for at, word in enumerate(words):
        await gdb.send("\x03" if word == "!" else word)
        if (word != "!" and (at + 1 == len(words) or words[at + 1] != "!")) or word == "!":
            heard.append(await asyncio.wait_for(gdb.read(), 5))
        else:
            await asyncio.sleep(0.1)
    gdb.close()
    await asyncio.wait_for(between, 5)
    assert all(program.ended for program in world.programs), "a machine is left"
    return heard


def run(words: list[str], world: World | None = None) -> list[str]:
    return asyncio.run(talked(words, world or World()))


@pytest.mark.parametrize("steps", range(1, 2 * LOOP))
def test_it_stops_at_the_last_breakpoint_before(steps: int) -> None:
    world = World()
    heard = run([*["s"] * steps, f"Z0,{PLACE:x},1", "bc", "g"], world)
    before = [at for at in range(1, steps) if at % LOOP == PLACE]
    assert heard[-2] == ("T05thread:01;" if before else BEGIN)
    assert int(heard[-1], 16) == (before[-1] if before else 0)
    assert world.programs[-1].breakpoints == {f"0,{PLACE:x},1"}


def test_again_and_again_until_the_beginning() -> None:
    heard = run(["Z0,3,1", "c", "s", "c", "s", "bc", "g", "bc", "g", "bc", "g"])
    assert [heard[at] for at in (6, 8, 10)] == ["a", "3", "0"]
    assert heard[-2] == BEGIN


def test_of_several_breakpoints_next_to_one_another_none_is_passed() -> None:
    heard = run(["s"] * 6 + ["Z0,3,1", "Z0,4,1", "bc", "g", "z0,4,1", "bc", "g"])
    assert (heard[9], heard[-1]) == ("4", "3")


@pytest.mark.parametrize(("steps", "found"), [(21, 19), (20, 19), (19, 12), (13, 12), (12, 11)])
def test_a_write_is_gone_back_over(steps: int, found: int) -> None:
    heard = run([*["s"] * steps, "Z2,1000,8", "bc", "g"])
    assert "watch:1000" in heard[-2] and int(heard[-1], 16) == found


def test_breakpoints_and_writes_in_turn() -> None:
    words = ["Z2,1000,8", "Z0,4,1", *["bc", "g"] * 4]
    heard = run([*["s"] * 13, *words])
    assert heard[16::2] == ["c", "b", "4", "0"], heard


def test_a_step_back_is_one_also_with_breakpoints_on_the_way() -> None:
    heard = run(["s"] * 6 + ["Z0,3,1", "bs", "g", "bs", "g", "bs", "g", "bs", "g"])
    assert heard[8::2] == ["5", "4", "3", "2"]
    assert run(["bs", "g"]) == [BEGIN, "0"]


def test_without_breakpoints_it_goes_to_the_beginning() -> None:
    assert run(["s", "s", "bc", "g"])[-2:] == [BEGIN, "0"]


def test_a_fresh_machine_is_greeted_as_the_first_one_was() -> None:
    world = World()
    run(["qSupported:multiprocess+", "qXfer:features:read:target.xml:0,ffb", "s", "bs"], world)
    assert world.programs[-1].greeted == world.programs[0].greeted


def test_ctrl_c_on_the_way_back() -> None:
    world = World()
    world.stuck_from = 1
    assert run(["s", "s", "Z0,3,1", "bc", "!"], world)[-1] == BROKEN_OFF


def test_a_frame_is_what_gdb_sends() -> None:
    assert framed("bc") == b"$bc#c5"
