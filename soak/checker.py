"""The rules of "exactly once", applied to a history.

Each rule is a function that yields what breaks it. The rules use what clients saw, what stores hold
at the end and what audits tell; a key that vanished in one of the three shows in the other two.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from soak.history import Call, Copy, Got, History, Told

__all__ = ["RULES", "Facts", "Fault", "check"]

_POOL_BITS = 256
_LATE_US = 15_000_000
"""An entity may carry a request out so long after its client hung up or was killed."""

_ENDS = {"keys-delivered": "delivered", "keys-void": "void", "keys-expired": "expired"}
_ARRIVALS = {"keys-pending", "keys-available"}

Place = tuple[str, str]
"""(key_id, role): one copy of a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What must not be."""

    rule: str
    subject: str
    words: str


class Facts:
    """A history, looked up by key."""

    def __init__(self, history: History) -> None:
        self.history = history

    @cached_property
    def copies(self) -> Mapping[Place, Copy]:
        """The row of each copy."""
        return {(copy.key_id, copy.role): copy for copy in self.history.copies}

    @cached_property
    def received(self) -> Mapping[Place, Sequence[tuple[Call, Got]]]:
        """Who read which key from a reply."""
        found: dict[Place, list[tuple[Call, Got]]] = defaultdict(list)
        for call in self.history.calls:
            for got in call.got:
                found[got.key_id, call.sent.role].append((call, got))
        return found

    @cached_property
    def ends(self) -> Mapping[Place, Sequence[Told]]:
        """The audit rows that end a copy's life."""
        found: dict[Place, list[Told]] = defaultdict(list)
        for row in self.history.told:
            if row.event in _ENDS:
                for key_id in row.key_ids:
                    found[key_id, row.role].append(row)
        return found

    @cached_property
    def arrived(self) -> set[Place]:
        """Copies whose arrival the audit tells."""
        return {
            (key_id, row.role)
            for row in self.history.told
            if row.event in _ARRIVALS
            for key_id in row.key_ids
        }

    @cached_property
    def burned(self) -> Sequence[Told]:
        """Deliveries of the audit whose reply nobody read, by time."""
        return sorted(
            (
                row
                for row in self.history.told
                if row.event == "keys-delivered"
                and not any((key_id, row.role) in self.received for key_id in row.key_ids)
            ),
            key=lambda row: row.at_us,
        )


def delivered_twice(facts: Facts) -> Iterator[tuple[str, str]]:
    """No key goes to the same role twice: not by what clients read, not by the audit."""
    for (key_id, role), readers in facts.received.items():
        if len(readers) > 1:
            calls = ", ".join(call.sent.number for call, _ in readers)
            yield key_id, f"was read {len(readers)} times as {role}: calls {calls}"
    for (key_id, role), rows in facts.ends.items():
        if len(rows) > 1:
            told = ", ".join(f"{row.event} in row {row.seq}" for row in rows)
            yield (
                key_id,
                f"has more than one end as {role} by the audit of {rows[0].entity}: {told}",
            )
    places = Counter((copy.key_id, copy.role) for copy in facts.history.copies)
    for (key_id, role), count in places.items():
        if count > 1:
            yield key_id, f"is kept as {role} by {count} entities"


def wrong_party(facts: Facts) -> Iterator[tuple[str, str]]:
    """A key goes to the SAE that has its role in its pair, and to nobody else."""
    for (key_id, role), readers in facts.received.items():
        copy = facts.copies.get((key_id, role))
        if copy is None:
            continue  # `lost` tells
        for call, _ in readers:
            sent = call.sent
            if sent.sae != _owner(copy) or f"{sent.master}>{sent.slave}" != _pair(copy):
                words = f"of {_pair(copy)} went to {sent.sae} as {role} in call {sent.number}"
                yield key_id, words
    for (key_id, role), rows in facts.ends.items():
        copy = facts.copies.get((key_id, role))
        for row in rows:  # whether the reply was read or not
            if copy is None or row.event != "keys-delivered":
                continue
            if (row.actor, row.subject) != (_owner(copy), _pair(copy)):
                words = f"of {_pair(copy)} left for {row.actor} as {role} of {row.subject}"
                yield key_id, f"{words}: {_where(row)}"
    for (key_id, role), copy in facts.copies.items():
        other = facts.copies.get((key_id, "slave")) if role == "master" else None
        if other is not None and _pair(other) != _pair(copy):
            yield (
                key_id,
                f"is of {_pair(copy)} at {copy.entity}, of {_pair(other)} at the other end",
            )


def other_material(facts: Facts) -> Iterator[tuple[str, str]]:
    """Both ends of a key hold the same bits, as many as were asked for, of the keys asked for."""
    for call in facts.history.calls:
        sent, found = call.sent, {got.key_id for got in call.got}
        is_asked = found == set(sent.key_ids) if sent.role == "slave" else len(found) == sent.count
        if call.outcome == "ok" and not is_asked:
            yield sent.number, f"asked for {sent.count} keys and read others: {len(found)}"
    for (key_id, role), copy in facts.copies.items():
        end = facts.copies.get((key_id, "slave")) if role == "master" else None
        if end is not None and end.bits != copy.bits:
            yield key_id, f"has {copy.bits} bits at {copy.entity}, {end.bits} at the other end"
    for (key_id, role), readers in facts.received.items():
        for call, got in readers:
            copy = facts.copies.get((key_id, role))
            asked = call.sent.bits or (copy.bits if copy else got.bits)
            if got.bits != asked:
                yield key_id, f"has {got.bits} bits in call {call.sent.number}, not {asked}"
        other = facts.received.get((key_id, "slave"), ()) if role == "master" else ()
        if other and {got.digest for _, got in other} != {got.digest for _, got in readers}:
            yield key_id, "is not the same at both ends"


def unaccounted(facts: Facts) -> Iterator[tuple[str, str]]:
    """What left a store was read whole, or lies in a reply whose fate its client does not know."""
    for row in facts.history.told:
        if row.event == "keys-delivered":
            read = [key_id for key_id in row.key_ids if (key_id, row.role) in facts.received]
            if 0 < len(read) < len(row.key_ids):
                yield row.subject, f"{_where(row)}: {len(read)} of {len(row.key_ids)} were read"
    for row in _unexplained(facts):
        refused = _refused_for(facts, row)
        words = "was told to have failed" if refused else "nobody waits for it"
        also = f" (call {refused.sent.number})" if refused else ""
        yield row.subject, f"{_where(row)}: left the store as {row.role} and {words}{also}"


def lost(facts: Facts) -> Iterator[tuple[str, str]]:
    """What one end was given is at the other end, or its end is told by the audit."""
    refused = _refused_ids(facts)
    for key_id, role in facts.received:
        if (key_id, role) not in facts.copies:
            yield key_id, f"was delivered as {role}, and no store has ever had it"
    for (key_id, role), copy in facts.copies.items():
        is_alone = role == "slave" and (key_id, "master") not in facts.copies
        if is_alone and copy.bits == _POOL_BITS:  # a longer one is bound at the slave's first
            yield key_id, f"is {copy.state} at the slave's entity and was never at the master's"
        if role != "master" or copy.state == "pending" or not _left_limbo(facts, copy):
            continue
        other = facts.copies.get((key_id, "slave"))
        if other is None:
            yield key_id, f"is {copy.state} at the master's entity and is not at the slave's"
        elif other.state in {"pending", "reserved"}:
            yield key_id, f"is {other.state} at the slave's entity for ever"
        elif other.state == "available" and key_id in refused:
            yield key_id, f"is there for the slave, who was refused it: call {refused[key_id]}"


def untold(facts: Facts) -> Iterator[tuple[str, str]]:
    """Stores and audits tell the same lives: every arrival and every end has its row."""
    for (key_id, role), copy in facts.copies.items():
        told = {_ENDS[row.event] for row in facts.ends.get((key_id, role), ())}
        is_over = copy.state in _ENDS.values()
        if is_over != bool(told) or (is_over and copy.state not in told):
            said = " and ".join(sorted(told)) or "nothing"
            yield key_id, f"is {copy.state} as {role} at {copy.entity}, and the audit says {said}"
        is_made = role == "master" and copy.bits != _POOL_BITS
        if not is_made and (key_id, role) not in facts.arrived:
            yield key_id, f"is at {copy.entity} as {role}, and no audit row tells how it came"
    for key_id, role in facts.ends.keys() | facts.arrived:
        if (key_id, role) not in facts.copies:
            yield key_id, f"is told of as {role} by an audit, and no store has it"
    for (key_id, role), readers in facts.received.items():
        if not any(row.event == "keys-delivered" for row in facts.ends.get((key_id, role), ())):
            number = readers[0][0].sent.number
            yield key_id, f"was delivered as {role} in call {number}, and no audit row tells it"


def more_than_came(facts: Facts) -> Iterator[tuple[str, str]]:
    """Of each pair and role, no more bits go out than came in."""
    came: Counter[Place] = Counter()
    out: Counter[Place] = Counter()
    parts: Counter[Place] = Counter()
    made: Counter[Place] = Counter()
    for (key_id, role), copy in facts.copies.items():
        place = (f"{copy.master}>{copy.slave}", role)
        if copy.bits == _POOL_BITS:
            came[place] += copy.bits
            rows = facts.ends.get((key_id, role), ())
            parts[place] += copy.bits * any(row.reason == "assembled" for row in rows)
        else:
            made[place] += copy.bits
    for (_, role), readers in facts.received.items():
        for call, got in readers:
            out[f"{call.sent.master}>{call.sent.slave}", role] += got.bits
    for place, bits in out.items():
        if bits > came[place]:
            yield place[0], f"{bits} bits were delivered as {place[1]}, and {came[place]} came in"
    for place, bits in made.items():
        if bits > parts[place]:
            yield place[0], f"{bits} bits were made as {place[1]} of parts of {parts[place]} bits"


def broken_chain(facts: Facts) -> Iterator[tuple[str, str]]:
    """Every audit trail is whole."""
    yield from facts.history.broken.items()


RULES: Mapping[str, Callable[[Facts], Iterator[tuple[str, str]]]] = {
    "delivered twice": delivered_twice,
    "wrong party": wrong_party,
    "other material": other_material,
    "unaccounted": unaccounted,
    "lost": lost,
    "untold": untold,
    "more than came": more_than_came,
    "broken chain": broken_chain,
}


def check(history: History) -> list[Fault]:
    """Apply all rules; an empty list is the proof."""
    facts = Facts(history)
    return [
        Fault(rule=name, subject=subject, words=words)
        for name, rule in RULES.items()
        for subject, words in rule(facts)
    ]


# ------------------------------------------------------------------------------- what explains what


def _owner(copy: Copy) -> str:
    return copy.master if copy.role == "master" else copy.slave


def _pair(copy: Copy) -> str:
    return f"{copy.master}>{copy.slave}"


def _where(row: Told) -> str:
    return f"audit row {row.seq} of {row.entity}"


def _unexplained(facts: Facts) -> Iterator[Told]:
    """Burned deliveries without an unknown call of their own.

    A slave's call names its keys. A master's does not, so deliveries and calls of the same pair,
    size and number are matched in time: each delivery takes the open call that ends first, which
    finds a match for all if there is one.
    """
    masters: dict[tuple[str, int, int], list[Call]] = defaultdict(list)
    slaves: Counter[tuple[str, frozenset[str]]] = Counter()
    for call in facts.history.calls:
        if call.outcome == "unknown":
            sent = call.sent
            if sent.role == "slave":
                slaves[sent.sae, frozenset(sent.key_ids)] += 1
            else:
                masters[f"{sent.master}>{sent.slave}", sent.bits, sent.count].append(call)
    for row in facts.burned:
        if row.role == "slave":
            kind = (row.actor, frozenset(row.key_ids))
            slaves[kind] -= 1
            if slaves[kind] < 0:
                yield row
        elif not _taken(masters[row.subject, _bits(facts, row), len(row.key_ids)], row.at_us):
            yield row


def _taken(calls: list[Call], at_us: int) -> bool:
    """Take the call out that was open at that time and ends first; whether there is one."""
    open_then = [c for c in calls if c.sent.at_us <= at_us <= c.ended_us + _LATE_US]
    if open_then:
        calls.remove(min(open_then, key=lambda call: call.ended_us))
    return bool(open_then)


def _bits(facts: Facts, row: Told) -> int:
    copy = facts.copies.get((row.key_ids[0], row.role))
    return copy.bits if copy else 0


def _refused_for(facts: Facts, row: Told) -> Call | None:
    """A call that was told that it failed, and may be the one that this delivery was for."""
    keys = set(row.key_ids)
    for call in facts.history.calls:
        sent = call.sent
        if call.outcome == "refused" and sent.sae == row.actor and sent.role == row.role:
            is_for = keys == set(sent.key_ids) if row.role == "slave" else sent.count == len(keys)
            if is_for and sent.at_us <= row.at_us <= call.ended_us:
                return call
    return None


def _refused_ids(facts: Facts) -> Mapping[str, str]:
    """Keys that their own slave asked for alone and was refused for good, and by which call."""
    return {
        call.sent.key_ids[0]: call.sent.number
        for call in facts.history.calls
        if call.outcome == "refused" and len(call.sent.key_ids) == 1 and _is_owner(facts, call)
    }


def _is_owner(facts: Facts, call: Call) -> bool:
    copy = facts.copies.get((call.sent.key_ids[0], "slave"))
    return copy is not None and copy.slave == call.sent.sae and copy.master == call.sent.master


def _left_limbo(facts: Facts, copy: Copy) -> bool:
    """Whether a master's copy was ever available: not void before the other end had it."""
    return copy.state != "void" or any(
        row.reason == "assembled" for row in facts.ends.get((copy.key_id, copy.role), ())
    )


def count_keys(rows: Iterable[Told]) -> int:
    """Keys that audit rows tell of."""
    return sum(len(row.key_ids) for row in rows)
