"""Group commit: orders that wait while one transaction commits go into the next one together.

A commit waits for the disk, and that wait is the same for one order and for a hundred. While
nothing is under way an order starts at once, so a lone one waits for nobody.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from interlace.errors import InvariantError
from interlace.services.kms.model import Order, Outcome, TakeNext

__all__ = ["GroupCommit"]

CarryOut = Callable[[Sequence[Order]], Awaitable[Sequence[Outcome]]]
_MOST_ORDERS = 256
_MOST_KEYS = 4096


@dataclass(slots=True)
class GroupCommit:
    """The orders that wait, and the one transaction that is under way.

    Args:
        carry_out: does orders in one durable transaction.
    """

    carry_out: CarryOut
    _waiting: deque[tuple[Order, asyncio.Future[Outcome]]] = field(
        default_factory=deque["tuple[Order, asyncio.Future[Outcome]]"], init=False
    )
    _task: asyncio.Task[None] | None = field(default=None, init=False)

    async def submit(self, order: Order) -> Outcome:
        """Have an order carried out; it is committed when this returns.

        An order whose caller is cancelled before its transaction began is dropped.

        Raises:
            StoreError: as the transaction; all orders of the group get it.
        """
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((order, future))
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())
        return await future

    async def _work(self) -> None:
        try:
            while self._waiting:
                group = self._next_group()
                if group:
                    await self._carry_out(group)
        finally:
            self._task = None

    def _next_group(self) -> list[tuple[Order, asyncio.Future[Outcome]]]:
        group: list[tuple[Order, asyncio.Future[Outcome]]] = []
        keys = 0
        while self._waiting and len(group) < _MOST_ORDERS and keys < _MOST_KEYS:
            order, future = self._waiting.popleft()
            if not future.done():
                group.append((order, future))
                keys += order.count if isinstance(order, TakeNext) else len(order.key_ids)
        return group

    async def _carry_out(self, group: list[tuple[Order, asyncio.Future[Outcome]]]) -> None:
        try:
            outcomes = await self.carry_out([order for order, _ in group])
        except asyncio.CancelledError:
            for _, future in group:
                future.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - it is raised where each order waits
            for _, future in group:
                if not future.done():
                    future.set_exception(_own(error))
            return
        for (_, future), outcome in zip(group, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)


def _own(error: Exception) -> Exception:
    """The error for one of several that wait: a traceback is not shared."""
    try:
        copy = type(error)(*error.args)
    except TypeError:
        return InvariantError(f"a delivery failed: {type(error).__name__}")
    return copy.with_traceback(error.__traceback__)
