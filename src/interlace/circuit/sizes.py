"""How many operations an instruction will become, counted without making them.

Forty gates that each use the one before twice are a page of text and a million million operations.
A definition is counted once, however often it is used, so that this takes no longer than reading.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from interlace.circuit.gates import GATES

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from qiskit.circuit import CircuitInstruction

__all__ = ["LARGEST_NESTING", "MOST_OPS", "Sizes"]

MOST_OPS = 10_000_000
"""How many operations a circuit may have."""

LARGEST_NESTING = 10_000
"""How many definitions may stand inside each other."""


@dataclass(slots=True, kw_only=True)
class _Open:
    """A definition that is being counted."""

    key: Hashable
    parts: Iterator[Any]
    size: int = 0


@dataclass(frozen=True, slots=True)
class Sizes:
    """Counts of operations by definition; one for each circuit.

    Attributes:
        known: what was counted.
        kept: the definitions themselves, so that no other one gets their identity.
    """

    known: dict[Hashable, int] = field(default_factory=dict)
    kept: list[Any] = field(default_factory=list)

    def of(
        self,
        instruction: CircuitInstruction,  # pyright: ignore[reportInvalidTypeForm]  (Rust's)
    ) -> int:
        """The number of operations; what has no definition by gates counts as one."""
        open_ones = [_Open(key=None, parts=iter((instruction,)))]
        while True:
            last = open_ones[-1]
            part = next(last.parts, None)
            if part is None:
                if last.key is None:
                    return last.size
                self.known[last.key] = last.size
                open_ones.pop()
                open_ones[-1].size += last.size
                continue
            inner = self._opened(part)
            if inner is None or len(open_ones) > LARGEST_NESTING:
                last.size += 1
            elif inner.key in self.known:
                last.size += self.known[inner.key]
            else:
                open_ones.append(inner)

    def _opened(self, part: Any) -> _Open | None:  # noqa: ANN401 - a class of Rust
        """The definition of an instruction that is no operation by itself."""
        from qiskit.circuit import Gate
        from qiskit.circuit.library import UnitaryGate
        from qiskit.exceptions import QiskitError

        if part.name in GATES:
            return None
        operation = part.operation
        if not isinstance(operation, Gate) or isinstance(operation, UnitaryGate):
            return None
        written: Any = getattr(operation, "_gates", None)  # of one OpenQASM 2 program
        key: Hashable = None
        if written is not None:
            key = (id(written), part.name, *map(str, operation.params))
        if key in self.known:
            return _Open(key=key, parts=iter(()))
        try:
            definition = operation.definition
        except QiskitError:
            return None
        if definition is None:
            return None
        self.kept.extend((written, definition))
        return _Open(key=key or id(definition), parts=iter(definition.data))
