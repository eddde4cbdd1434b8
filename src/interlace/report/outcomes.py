"""Outcomes beside their ideal probabilities: what a person wants to compare."""

from __future__ import annotations

from dataclasses import dataclass

from interlace.runtime import Result
from interlace.units import Probability, Ratio

__all__ = ["Outcome", "Outcomes", "outcomes"]

_EQUAL_DIGITS = 9
"""Ideal probabilities that agree to this many decimals are the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One outcome.

    Attributes:
        bits: as Qiskit's `get_counts` prints them.
        measured: share of the shots.
        ideal: probability without noise; `None` if it is not known.
        alone: share of the shots on one machine alone; `None` if there is no such run.
    """

    bits: str
    shots: int
    measured: Ratio
    ideal: Probability | None
    alone: Ratio | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """The outcomes that matter most, and how much is left.

    Attributes:
        rows: those with the largest measured share or ideal probability; by ideal probability,
            then by shots, each falling, then by bits. Where no ideal is known, by shots alone.
        others: number of further outcomes that were measured.
        other_share: of the shots in them.
    """

    rows: tuple[Outcome, ...]
    others: int
    other_share: Ratio

    @property
    def has_ideal(self) -> bool:
        """Whether the ideal probability of any row is known."""
        return any(row.ideal is not None for row in self.rows)

    @property
    def has_alone(self) -> bool:
        """Whether the rows say what one machine alone gave."""
        return any(row.alone is not None for row in self.rows)


def outcomes(result: Result, *, most: int) -> Outcomes:
    """At most `most` outcomes of a run whose counts are known; none where they are `None`.

    An outcome that the ideal program never gives has probability zero only if the listed
    reference leaves nothing over; otherwise it is not known.
    """
    counts = dict(result.counts or ())
    reference = dict(result.reference or ())
    by_itself = None if result.alone is None else result.alone.counts
    alone = None if by_itself is None else dict(by_itself)
    unlisted = 0.0 if reference and sum(reference.values()) > 1 - 1e-9 else None
    shots = max(1, sum(counts.values()))
    rows = [
        Outcome(
            bits=bits,
            shots=counts.get(bits, 0),
            measured=counts.get(bits, 0) / shots,
            ideal=reference.get(bits, unlisted),
            alone=None if alone is None else alone.get(bits, 0) / max(1, sum(alone.values())),
        )
        for bits in (counts | reference if counts else {})
    ]
    rows.sort(key=lambda row: (-max(row.measured, _ideal(row)), -row.shots, row.bits))
    shown = tuple(sorted(rows[:most], key=lambda row: (-_ideal(row), -row.shots, row.bits)))
    rest = [row for row in rows[most:] if row.shots]
    return Outcomes(
        rows=shown, others=len(rest), other_share=sum(row.shots for row in rest) / shots
    )


def _ideal(row: Outcome) -> float:
    """The ideal probability without the rounding errors that would order what is equal."""
    return round(row.ideal or 0.0, _EQUAL_DIGITS)
