"""Whether links join all nodes into one network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from interlace.errors import SpecError

__all__ = ["refuse_pieces"]


def refuse_pieces(nodes: Sequence[str], ends: Iterable[tuple[str, str]]) -> None:
    """Make sure that links lead from the first node to every other.

    Raises:
        SpecError: they do not; names the nodes that are not reached.
    """
    if not nodes:
        return
    neighbours: dict[str, list[str]] = {name: [] for name in nodes}
    for left, right in ends:
        neighbours[left].append(right)
        neighbours[right].append(left)
    start = nodes[0]
    reached, todo = {start}, [start]
    while todo:
        fresh = [name for name in neighbours[todo.pop()] if name not in reached]
        reached.update(fresh)
        todo.extend(fresh)
    lost = [name for name in nodes if name not in reached]
    if lost:
        shown = ", ".join(lost[:8]) + (", ..." if len(lost) > 8 else "")
        rule = f"is disconnected: no links lead from {start} to {shown}: add a link"
        raise SpecError(rule, value=f"{len(reached)} of {len(nodes)} reached", path="links")
