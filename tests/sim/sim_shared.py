# SPDX-License-Identifier: GPL-2.0-only
"""What several use at once, each at a lower speed: the cores of a host, the store's network."""

from __future__ import annotations

import heapq
import itertools

import simpy


class Use(simpy.Event):
    """Triggered when it has had what it asked for."""

    def __init__(self, shared: Shared, end: float, weight: float) -> None:
        super().__init__(shared.env)
        self.shared, self.end, self.weight = shared, end, weight
        self.over = False


class Shared:
    """Uses that take so many seconds at full speed, and slow each other down in proportion where
    their weights add up to more than the capacity.

    Served is the time that a use of full speed would have had; so all uses keep their order, and
    only the next one's end has to be known.
    """

    def __init__(self, env: simpy.Environment, capacity: float) -> None:
        self.env, self.capacity = env, capacity
        self.busy_s = 0.0  # as if by all of the capacity
        self._weight, self._served, self._then = 0.0, 0.0, env.now
        self._uses: list[tuple[float, int, Use]] = []
        self._numbers = itertools.count()
        self._timer = 0

    def use(self, seconds: float, weight: float = 1.0) -> Use:
        """seconds: at full speed."""
        self._catch_up()
        use = Use(self, self._served + seconds, weight)
        heapq.heappush(self._uses, (use.end, next(self._numbers), use))
        self._weight += weight
        self._set_timer()
        return use

    def drop(self, use: Use) -> None:
        """It is no longer wanted."""
        if not use.over:
            self._catch_up()
            use.over = True
            self._weight -= use.weight
            self._set_timer()

    def _speed(self) -> float:
        return min(1.0, self.capacity / self._weight) if self._weight > 1e-9 else 1.0

    def _catch_up(self) -> None:
        passed_s = self.env.now - self._then
        if self._weight > 1e-9:
            self.busy_s += passed_s * min(1.0, self._weight / self.capacity)
            self._served += passed_s * self._speed()
        self._then = self.env.now

    def _set_timer(self) -> None:
        self._timer += 1
        while self._uses and self._uses[0][2].over:
            heapq.heappop(self._uses)
        if not self._uses:
            self._weight = 0.0
            return
        left_s = max(0.0, self._uses[0][0] - self._served) / self._speed()
        timeout = self.env.timeout(left_s, self._timer)
        assert timeout.callbacks is not None
        timeout.callbacks.append(self._rings)

    def _rings(self, timeout: simpy.Event) -> None:
        if timeout.value != self._timer:
            return
        self._catch_up()
        use = self._uses[0][2]
        self._served = max(self._served, use.end)  # rounding must not make it wait again
        use.over = True
        self._weight -= use.weight
        use.succeed()
        self._set_timer()
