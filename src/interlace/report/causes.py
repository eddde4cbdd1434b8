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
from interlace.units import Ratio

__all__ = ["Share", "error_kind", "limit", "shades", "shares", "time_kind", "waiting_link"]

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
    share: Ratio


def shades(found: Sequence[Share]) -> tuple[int, ...]:
    """For each cause how many of its kind come before it: 0 is painted full, others paler."""
    seen: dict[str, int] = {}
    places = []
    for share in found:
        places.append(min(seen.get(share.kind, 0), 3))
        seen[share.kind] = seen.get(share.kind, 0) + 1
    return tuple(places)


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
    """The link that the run waited for most, where waiting for ebits leads the breakdown."""
    names = _link_names(result)
    found = _leading(shares(result.time_breakdown, links=names, errors=False))
    return next((_named_link(s.cause, names) for s in found if s.kind == "wait"), None)


def limit(result: Result) -> str:
    """One sentence on what limited the run, from its numbers.

    Time: the family of causes with the largest share of the critical path; errors: the family
    with the largest share of the expected errors. Where several causes make up the family, the
    largest of them is named with its own share.

    Example:
        >>> limit(result)  # doctest: +SKIP
        'Waiting for ebits on isar--pegnitz took 91 % of the time (1.2 ms); ebit infidelity ...'
    """
    return f"{_time_clause(result)}; {_error_clause(result)}."


def _time_clause(result: Result) -> str:
    names = _link_names(result)
    found = _leading(shares(result.time_breakdown, links=names, errors=False))
    if not found:
        return "No step took any time on these devices"
    subject = _TIME_SUBJECTS.get(found[0].kind, found[0].cause)
    machines = _machines_used(result)
    if found[0].kind == "wait":
        subject += _on_link(found, names)
    elif found[0].kind in ("gate", "measure") and len(machines) == 1:
        subject += f" on {machines[0]}"
    subject = plain(subject[:1].upper() + subject[1:])
    spent = duration(sum(share.amount for share in found))
    told = f"{subject} took {_of(found, 'the time')} ({spent})"
    return told + (_mostly(found, names) if found[0].kind == "wait" else "")


def _error_clause(result: Result) -> str:
    if result.ideal:
        return "errors were switched off"
    names = _link_names(result)
    found = _leading(shares(result.error_breakdown, links=names, errors=True))
    if not found:
        return "no errors were expected on these devices"
    subject = _ERROR_SUBJECTS.get(found[0].kind, found[0].cause)
    if found[0].kind == "generate":
        subject += _on_link(found, names)
    told = f"{plain(subject)} caused {_of(found, 'the expected errors')}"
    return told + _mostly(found, names)


def _leading(found: Sequence[Share]) -> tuple[Share, ...]:
    """The causes of the family that weighs most, largest first."""
    weight: dict[str, float] = {}
    for share in found:
        weight[_family(share)] = weight.get(_family(share), 0.0) + share.amount
    heaviest = max(weight, key=lambda family: weight[family], default="")
    return tuple(share for share in found if _family(share) == heaviest)


def _family(share: Share) -> str:
    """Its kind; causes that belong to none stand for themselves."""
    return f"other: {share.cause}" if share.kind == "other" else share.kind


def _on_link(found: Sequence[Share], names: Sequence[str]) -> str:
    """The link, where a single cause makes up the family."""
    link = _named_link(found[0].cause, names) if len(found) == 1 else None
    return f" on {link}" if link else ""


def _mostly(found: Sequence[Share], names: Sequence[str]) -> str:
    """The largest of several causes, by its link or its name, with its share of everything."""
    if len(found) < 2:
        return ""
    link = _named_link(found[0].cause, names)
    told = f"on {link}" if link else f"from {found[0].cause}"
    return plain(f", {share_in_words(found[0].share)} {told} alone")


def _of(found: Sequence[Share], whole: str) -> str:
    return f"{share_in_words(sum(share.share for share in found))} of {whole}"


def _link_names(result: Result) -> tuple[str, ...]:
    return tuple(link.name for link in result.links)


def _machines_used(result: Result) -> tuple[str, ...]:
    nodes = result.plan.network.nodes
    used = sorted({register.node for register in result.plan.registers})
    return tuple(plain(nodes[node].name) for node in used)
