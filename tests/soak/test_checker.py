"""The checker finds what must not be: each planted fault by its own rule, and a sound run clean."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from soak.checker import RULES, check
from soak.clients import CallLog, read_calls
from soak.history import Call, Copy, Ended, Got, History, Sent, Told

NEAR, FAR = "kme-munich", "kme-wuerzburg"
PAIR = {"master": "sae-a", "slave": "sae-b"}
KEYS = [f"key-{i}" for i in range(8)]
HUNG_UP, LOST_AT_SLAVE, EXPIRED, VOID, KEPT = KEYS[3:]


def copy(key_id: str, role: str, state: str, *, bits: int = 256) -> Copy:
    entity = NEAR if role == "master" else FAR
    return Copy(entity=entity, key_id=key_id, role=role, bits=bits, state=state, **PAIR)


def told(seq: int, event: str, role: str, *key_ids: str, reason: str = "") -> Told:
    return Told(
        entity=NEAR if role == "master" else FAR,
        seq=seq,
        at_us=1000 * seq,
        event=f"keys-{event}",
        actor="sae-a" if role == "master" else "sae-b",
        subject="sae-a>sae-b",
        role=role,
        key_ids=key_ids,
        reason=reason,
    )


def call(
    number: str,
    role: str,
    at: int,
    *key_ids: str,
    outcome: str = "ok",
    count: int = 0,
    sae: str = "",
    bits: int = 256,
) -> Call:
    is_master = role == "master"
    sent = Sent(
        number=number,
        sae=sae or ("sae-a" if is_master else "sae-b"),
        role=role,
        bits=bits if is_master else 0,
        count=count or len(key_ids),
        key_ids=() if is_master else key_ids,
        at_us=1000 * at - 500,
        **PAIR,
    )
    got = tuple(Got(k, f"digest of {k}", bits) for k in key_ids) if outcome == "ok" else ()
    return Call(sent=sent, outcome=outcome, ended_us=1000 * at + 500, got=got)


def sound() -> History:
    """Keys 0 to 2 go to both; of the others each has another end, and all are accounted for."""
    ends = dict.fromkeys(KEYS[:3], ("delivered", "delivered"))
    ends[HUNG_UP] = ("delivered", "available")
    ends[LOST_AT_SLAVE] = ("delivered", "delivered")
    ends[EXPIRED] = ("delivered", "expired")
    ends[VOID] = ("void", "available")
    ends[KEPT] = ("available", "available")
    copies = [copy(k, "master", states[0]) for k, states in ends.items()]
    copies += [copy(k, "slave", states[1]) for k, states in ends.items()]
    return History(
        calls=(
            call("c-1", "master", 10, *KEYS[:2]),
            call("c-2", "master", 11, KEYS[2]),
            call("c-3", "master", 12, outcome="unknown", count=1),
            call("c-4", "master", 13, LOST_AT_SLAVE),
            call("c-5", "master", 14, EXPIRED),
            call("c-6", "slave", 20, *KEYS[:3]),
            call("c-7", "slave", 21, LOST_AT_SLAVE, outcome="unknown"),
            call("c-8", "slave", 22, LOST_AT_SLAVE, outcome="refused"),
            call("c-9", "slave", 23, EXPIRED, outcome="refused"),
            call("c-10", "slave", 24, KEPT, outcome="refused", sae="sae-c"),
        ),
        copies=tuple(copies),
        told=(
            told(1, "pending", "master", *KEYS),
            told(2, "available", "slave", *KEYS),
            told(3, "void", "master", VOID, reason="lost on the way"),
            told(10, "delivered", "master", *KEYS[:2]),
            told(11, "delivered", "master", KEYS[2]),
            told(12, "delivered", "master", HUNG_UP),
            told(13, "delivered", "master", LOST_AT_SLAVE),
            told(14, "delivered", "master", EXPIRED),
            told(15, "expired", "slave", EXPIRED),
            told(20, "delivered", "slave", *KEYS[:3]),
            told(21, "delivered", "slave", LOST_AT_SLAVE),
        ),
        kills=(),
        broken={},
    )


def without(number: str) -> Callable[[History], History]:
    def change(history: History) -> History:
        calls = tuple(c for c in history.calls if c.sent.number != number)
        return dataclasses.replace(history, calls=calls)

    return change


def also(*calls: Call) -> Callable[[History], History]:
    return lambda history: dataclasses.replace(history, calls=(*history.calls, *calls))


def untold(seq: int) -> Callable[[History], History]:
    def change(history: History) -> History:
        return dataclasses.replace(history, told=tuple(r for r in history.told if r.seq != seq))

    return change


def tells(*rows: Told) -> Callable[[History], History]:
    return lambda history: dataclasses.replace(history, told=(*history.told, *rows))


def recopied(key_id: str, role: str, **values: object) -> Callable[[History], History]:
    """With other values in a row of a store; `state=None`: without the row."""

    def change(history: History) -> History:
        copies = []
        for one in history.copies:
            is_it = (one.key_id, one.role) == (key_id, role)
            if not is_it:
                copies.append(one)
            elif values.get("state", "") is not None:
                copies.append(msgspec.structs.replace(one, **values))
        return dataclasses.replace(history, copies=tuple(copies))

    return change


def reread(number: str, **values: object) -> Callable[[History], History]:
    def change(history: History) -> History:
        calls = [
            c if c.sent.number != number else msgspec.structs.replace(c, **values)
            for c in history.calls
        ]
        return dataclasses.replace(history, calls=tuple(calls))

    return change


def retold(seq: int, **values: object) -> Callable[[History], History]:
    def change(history: History) -> History:
        rows = [r if r.seq != seq else msgspec.structs.replace(r, **values) for r in history.told]
        return dataclasses.replace(history, told=tuple(rows))

    return change


def in_turn(*changes: Callable[[History], History]) -> Callable[[History], History]:
    def change(history: History) -> History:
        for one in changes:
            history = one(history)
        return history

    return change


def resent(number: str, **values: object) -> Callable[[History], History]:
    def change(history: History) -> History:
        sent = next(c.sent for c in history.calls if c.sent.number == number)
        return reread(number, sent=msgspec.structs.replace(sent, **values))(history)

    return change


OTHER = tuple(Got(k, "another digest", 256) for k in KEYS[:3])
SHORT = (Got(KEYS[2], f"digest of {KEYS[2]}", 128),)

PLANTED = {
    "a second master reads the key": (also(call("x", "master", 30, KEYS[0])), "delivered twice"),
    "the slave reads it twice": (also(call("x", "slave", 30, KEYS[1])), "delivered twice"),
    "a double delivery that nobody read": (
        tells(told(30, "delivered", "slave", KEYS[0])),
        "delivered twice",
    ),
    "a delivery of a key that had expired": (
        tells(told(30, "delivered", "slave", EXPIRED)),
        "delivered twice",
    ),
    "a stranger reads it": (resent("c-6", sae="sae-c"), "wrong party"),
    "the slave takes the master's copy": (resent("c-2", sae="sae-b"), "wrong party"),
    "a key of another pair": (resent("c-6", master="sae-c"), "wrong party"),
    "a key is of another pair at the other end, and its slave there reads it": (
        in_turn(
            *(recopied(key, "slave", slave="sae-c") for key in KEYS[:3]),
            resent("c-6", sae="sae-c", slave="sae-c"),
            retold(20, actor="sae-c", subject="sae-a>sae-c"),
        ),
        "wrong party",
    ),
    "a key leaves for a stranger, and the reply is lost": (
        in_turn(retold(21, actor="sae-c"), resent("c-7", sae="sae-c")),
        "wrong party",
    ),
    "a slave reads other keys than it named": (
        in_turn(resent("c-6", key_ids=(KEYS[0], KEYS[1], KEPT))),
        "other material",
    ),
    "a master reads fewer keys than it asked for": (resent("c-2", count=2), "other material"),
    "a key has another size at the other end": (
        recopied(KEPT, "slave", bits=512),
        "other material",
    ),
    "other bits at the other end": (reread("c-6", got=OTHER), "other material"),
    "fewer bits than asked for": (reread("c-2", got=SHORT), "other material"),
    "a reply without a part of its keys": (
        reread("c-1", got=(Got(KEYS[0], f"digest of {KEYS[0]}", 256),)),
        "unaccounted",
    ),
    "a delivery that nobody waits for": (without("c-3"), "unaccounted"),
    "a delivery whose call was told to have failed": (
        reread("c-3", outcome="refused"),
        "unaccounted",
    ),
    "a slave's delivery that was told to have failed": (
        reread("c-7", outcome="refused"),
        "unaccounted",
    ),
    "a delivery of another number than was asked": (resent("c-3", count=2), "unaccounted"),
    "a delivery long after its client had gone": (
        resent("c-3", at_us=10**9),
        "unaccounted",
    ),
    "a key that is at the master's entity alone": (
        recopied(KEPT, "slave", state=None),
        "lost",
    ),
    "a key that the slave's entity alone ever had": (
        recopied(KEPT, "master", state=None),
        "lost",
    ),
    "a key that no store knows": (also(call("x", "master", 30, "key-9")), "lost"),
    "a key that its slave was refused though it is there": (
        also(call("x", "slave", 30, HUNG_UP, outcome="refused")),
        "lost",
    ),
    "a key that never becomes available": (recopied(HUNG_UP, "slave", state="reserved"), "lost"),
    "an audit row of a delivery is missing": (untold(11), "untold"),
    "an audit row of an arrival is missing": (untold(2), "untold"),
    "a void without a row": (untold(3), "untold"),
    "an expiry without a row": (untold(15), "untold"),
    "a delivered key that is available again": (
        recopied(KEYS[0], "slave", state="available"),
        "untold",
    ),
    "a row of the store is gone": (recopied(KEYS[0], "slave", state=None), "untold"),
    "bits from nowhere": (recopied(KEYS[0], "master", bits=8), "more than came"),
    "a broken chain": (
        lambda history: dataclasses.replace(history, broken={NEAR: "row 7 was changed"}),
        "broken chain",
    ),
}


def test_a_sound_history_has_no_fault() -> None:
    assert check(sound()) == []


@pytest.mark.parametrize(("plant", "rule"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_fault_is_found_by_its_rule(
    plant: Callable[[History], History], rule: str
) -> None:
    assert rule in {fault.rule for fault in check(plant(sound()))}


def test_every_rule_is_shown_to_find_something() -> None:
    assert {rule for _, rule in PLANTED.values()} == set(RULES)


def test_each_lost_reply_explains_one_delivery_and_no_more() -> None:
    history = sound()
    twice = (*history.told, told(12, "delivered", "master", KEPT))
    copies = recopied(KEPT, "master", state="delivered")(history).copies
    grown = dataclasses.replace(history, told=twice, copies=copies)
    assert [fault.rule for fault in check(grown)] == ["unaccounted"]
    explained = also(call("x", "master", 12, outcome="unknown", count=1))(grown)
    assert check(explained) == []


def test_a_long_key_is_made_of_parts_that_are_void() -> None:
    parts = KEYS[6:]
    rows = (
        told(40, "void", "master", KEPT, reason="assembled"),
        told(41, "void", "slave", KEPT, VOID, reason="assembled"),
        told(42, "delivered", "master", "long"),
        told(43, "available", "slave", "long"),
    )
    history = tells(*rows)(sound())
    history = recopied(KEPT, "master", state="void")(history)
    for part in parts:
        history = recopied(part, "slave", state="void")(history)
    long = [
        copy("long", "master", "delivered", bits=512),
        copy("long", "slave", "available", bits=512),
    ]
    history = dataclasses.replace(history, copies=(*history.copies, *long))
    history = also(call("x", "master", 42, "long", bits=512))(history)
    assert {fault.rule for fault in check(history)} == {"more than came"}  # one part for two
    told_so = [
        msgspec.structs.replace(r, reason="assembled") if r.seq == 3 else r for r in history.told
    ]
    assert check(dataclasses.replace(history, told=tuple(told_so))) == []


def test_a_client_that_is_killed_leaves_a_call_whose_outcome_nobody_knows(tmp_path: Path) -> None:
    log = CallLog(tmp_path / "c.log", "c")
    first, second = (call(log.number(), "master", at, KEYS[at]) for at in (1, 2))
    log.write(first.sent)
    log.write(Ended(number=first.sent.number, outcome="ok", at_us=first.ended_us, got=first.got))
    log.write(second.sent)
    with (tmp_path / "c.log").open("ab") as file:
        file.write(b'{"type":"ended","number":"c-')
    read = read_calls([tmp_path / "c.log"])
    with (tmp_path / "c.log").open("ab") as file:
        file.write(b"\n")
    with pytest.raises(msgspec.DecodeError):  # a line is lost: nothing could be proved
        read_calls([tmp_path / "c.log"])
    assert read[0] == first
    assert (read[1].outcome, read[1].sent) == ("unknown", second.sent)
