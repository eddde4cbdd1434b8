"""The plan brings every named point about, at entities that pass it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from soak.plan import ENDS, RELAYS, Plan
from soak.processes import Entity, SoakError, counted

from interlace.services.kms.app.fault_points import FAULT_POINTS


def test_every_point_is_reached_as_often_as_asked_if_each_start_ends_at_its_point() -> None:
    plan = Plan(each=3, chance=random.Random(7))
    last = dict.fromkeys((*ENDS, *RELAYS), "")
    seen: dict[str, set[str]] = {}
    for _ in range(60):
        for entity in last:
            fault = plan.next(entity, last[entity])
            point, _, nth = fault.partition(":")
            last[entity] = plan.hit(entity) if fault else ""
            assert last[entity] == point
            if fault:
                assert int(nth) >= 1
                seen.setdefault(point, set()).add(entity)
    assert plan.is_done
    assert seen.keys() == FAULT_POINTS.keys()
    assert seen["kms.deal.before-send"].isdisjoint({"kme-wuerzburg"})
    assert all(entities <= set(ENDS) for p, entities in seen.items() if "deliver" in p)
    assert not any(plan.next(entity, "") for entity in last)


def test_a_target_waits_to_be_asked_only_after_it_died_before_it_had_confirmed() -> None:
    plan = Plan(each=1, chance=random.Random(1))
    plan.hits.update({p: 1 for p in FAULT_POINTS if p != "kms.settle.before-reply"})
    assert plan.next(ENDS[0], "").startswith("kms.relay.before-ack:")
    assert plan.next(ENDS[0], "kms.relay.before-ack") == "kms.settle.before-reply:1"
    assert plan.next(RELAYS[0], "kms.relay.after-intake") == ""


def test_a_point_that_entities_never_get_to_is_named_and_others_are_not() -> None:
    dead = "kms.relay.before-send"
    plan = Plan(each=1000, chance=random.Random(3))
    starts = 0
    while not plan.unreached:
        starts += 1
        assert starts < 10_000
        for entity in (*ENDS, *RELAYS):
            fault = plan.next(entity, "")
            if fault.partition(":")[0] != dead:
                plan.hit(entity)
    assert plan.unreached == [dead]


@pytest.mark.parametrize(
    ("words", "is_hit"),
    [
        ("a warning\nkilled at kms.relay.before-ack\n", True),
        ("killed at kms.relay.before-send\n", False),
        ("", False),
    ],
)
def test_a_death_counts_for_a_point_only_by_its_last_words(
    tmp_path: Path, words: str, *, is_hit: bool
) -> None:
    plan = Plan(each=1, chance=random.Random(1))
    entity = Entity(tmp_path, ENDS[0], plan, [], lambda: False)
    plan.hits.update({p: 1 for p in FAULT_POINTS if p != "kms.relay.before-ack"})
    fault = plan.next(ENDS[0], "")
    (tmp_path / f"{ENDS[0]}.stderr").write_text(words)
    if is_hit:
        assert entity._ended(-9, fault) == "kms.relay.before-ack"
    else:
        with pytest.raises(SoakError, match="ended with code -9"):
            entity._ended(-9, fault)
    assert plan.hits["kms.relay.before-ack"] == is_hit


def test_half_a_line_of_a_client_that_was_killed_counts_nothing() -> None:
    assert counted(b"128 3\n") == (128, 3)
    assert [counted(b"128 3\n"[:length]) for length in range(6)] == [None] * 6
