"""What a cause of lost time or of errors is called, in sentences and in colour.

The runtime names its causes in words (`waiting for ebits on a--b`, `gates`,
`ebit infidelity`); this module recognises the family that a name belongs to,
so that every picture paints it in one colour and `limit` can speak of it. A
name that no family knows is shown as it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from interlace.report.words import duration, plain, share_in_words
from interlace.runtime import Result

__all__ = ["Share", "error_kind", "limit", "shares", "time_kind", "waiting_link"]

_TIME_WORDS = (
    ("wait", ("ebit", "wait", "entanglement", "generat")),
    ("measure", ("measure", "readout", "reset")),
    ("message", ("message", "classical", "latency", "herald", "correction")),
    ("gate", ("gate", "swap", "teleport", "routing")),
)
_ERROR_WORDS = (
    ("wait", ("memory", "idle", "idling", "decay", "decoher", "wait")),
    ("measure", ("readout", "measure", "reset")),
    ("generate", ("ebit", "infidelity of", "link", "entanglement", "swapp")),
    ("gate", ("gate", "routing", "operation")),
)
_TIME_SUBJECTS = {
    "wait": "waiting for ebits",
    "measure": "measurements",
    "message": "classical messages",
    "gate": "gates",
}
_ERROR_SUBJECTS = {
    "wait": "memory decay while waiting",
    "measure": "readout errors",
    "generate": "ebit infidelity",
    "gate": "gate errors",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One cause with its part of the whole.

    Attributes:
        kind: the family, which is also its colour: `gate`, `measure`, `generate`, `wait`,
            `hold`, `message` or `other`.
        amount: in the breakdown's own unit (seconds, expected errors).
        share: of the breakdown's sum, in [0, 1].
    """

    cause: str
    kind: str
    amount: float
    share: float


def time_kind(cause: str, links: Sequence[str]) -> str:
    """The family of a cause on the critical path."""
    return _kind(cause, links, words=_TIME_WORDS, of_link="wait")


def error_kind(cause: str, links: Sequence[str]) -> str:
    """The family of a cause of errors."""
    return _kind(cause, links, words=_ERROR_WORDS, of_link="generate")


def _kind(
    cause: str,
    links: Sequence[str],
    *,
    words: tuple[tuple[str, tuple[str, ...]], ...],
    of_link: str,
) -> str:
    link = _named_link(cause, links)
    rest = (cause.replace(link, "") if link else cause).lower()
    for kind, stems in words:
        if any(stem in rest for stem in stems):
            return kind
    return of_link if link else "other"


def _named_link(cause: str, links: Sequence[str]) -> str | None:
    """The link that a cause names; the longest, where one name contains another."""
    return max((link for link in links if link in cause), key=len, default=None)


def shares(
    breakdown: Sequence[tuple[str, float]], *, links: Sequence[str], errors: bool
) -> tuple[Share, ...]:
    """The causes that cost anything, largest first."""
    total = sum(amount for _, amount in breakdown)
    kind = error_kind if errors else time_kind
    found = [
        Share(cause=cause, kind=kind(cause, links), amount=amount, share=amount / total)
        for cause, amount in breakdown
        if amount > 0
    ]
    return tuple(sorted(found, key=lambda share: -share.amount))


def waiting_link(result: Result) -> str | None:
    """The link that the run waited for most, where waiting for a link leads the breakdown."""
    names = tuple(link.name for link in result.links)
    leading = shares(result.time_breakdown, links=names, errors=False)[:1]
    return next((_named_link(s.cause, names) for s in leading if s.kind == "wait"), None)


def limit(result: Result) -> str:
    """One sentence on what limited the run, from its numbers.

    Time: the largest cause on the critical path; errors: the largest cause of expected errors.
    """
    return f"{_time_clause(result)}; {_error_clause(result)}."


def _time_clause(result: Result) -> str:
    names = tuple(link.name for link in result.links)
    found = shares(result.time_breakdown, links=names, errors=False)
    if not found:
        return "No step took any time on these devices"
    first = found[0]
    link = _named_link(first.cause, names)
    subject = _TIME_SUBJECTS.get(first.kind, first.cause)
    if first.kind == "wait" and link:
        subject = f"{subject} on {link}"
    elif first.kind in ("gate", "measure") and len(machines := _machines_used(result)) == 1:
        subject = f"{subject} on {machines[0]}"
    subject = plain(subject[:1].upper() + subject[1:])
    return f"{subject} took {_of(first.share, 'the time')} ({duration(first.amount)})"


def _error_clause(result: Result) -> str:
    if result.ideal:
        return "errors were switched off"
    names = tuple(link.name for link in result.links)
    found = shares(result.error_breakdown, links=names, errors=True)
    if not found:
        return "no errors were expected on these devices"
    first = found[0]
    link = _named_link(first.cause, names)
    subject = _ERROR_SUBJECTS.get(first.kind, first.cause)
    if first.kind == "generate" and link:
        subject = f"{subject} on {link}"
    return f"{plain(subject)} caused {_of(first.share, 'the expected errors')}"


def _of(share: float, whole: str) -> str:
    return f"{share_in_words(share)} of {whole}"


def _machines_used(result: Result) -> tuple[str, ...]:
    nodes = result.plan.network.nodes
    used = sorted({register.node for register in result.plan.registers})
    return tuple(nodes[node].name for node in used)
