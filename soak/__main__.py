"""Prove "exactly once": load, kills, and a check of everything that happened.

make soak                                       the whole proof, on SQLite and on PostgreSQL
make soak ARGS="--deliveries 20000 --kills 20 --each 3"     the short form, as in CI
make soak ARGS="--store sqlite"                 one store

Exit code 0: the history keeps all rules. 1: it does not, or a process ended by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator

from soak.checker import Facts, count_keys
from soak.processes import SoakError
from soak.runs import Result, Wishes, run_once

__all__ = ["main"]

_STORES = ("sqlite", "postgresql")
_MOST_FAULTS = 20


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="make soak", description="Prove exactly once.")
    parser.add_argument("--deliveries", type=int, default=1_000_000, help="keys that clients read")
    parser.add_argument("--kills", type=int, default=200, help="kills at random")
    parser.add_argument("--each", type=int, default=20, help="kills at each named point")
    parser.add_argument("--store", choices=_STORES, action="append", help="else both")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    wishes = Wishes(
        deliveries=asked.deliveries, kills=asked.kills, each=asked.each, seed=asked.seed
    )
    for what in (signal.SIGINT, signal.SIGTERM):  # also where a shell has had them ignored
        signal.signal(what, signal.default_int_handler)
    is_sound = True
    for store in asked.store or _STORES:
        print(f"\n== {store}", flush=True)
        try:
            result = asyncio.run(run_once(store, wishes, _say_since(time.monotonic())))
        except SoakError as error:
            print(f"the run failed: {error}")
            return 1
        except KeyboardInterrupt:
            print("stopped")
            return 130
        for line in table(result):
            print(line)
        is_sound = is_sound and not result.faults
    return 0 if is_sound else 1


def _say_since(began_s: float) -> Callable[[str], None]:
    def say(words: str) -> None:
        print(f"{time.monotonic() - began_s:6.0f} s  {words}", flush=True)

    return say


def table(result: Result) -> Iterator[str]:
    """The figures of a run, line by line."""
    history, facts = result.history, Facts(result.history)
    keys = Counter[str]()
    for call in history.calls:
        keys[call.sent.role] += len(call.got)
        keys["alone"] += len(call.got) == 1
    outcomes = Counter(call.outcome for call in history.calls)
    states = Counter((copy.role, copy.state) for copy in history.copies)
    random_kills = Counter(kill.what for kill in history.kills if not kill.point)
    yield f"\n{result.store}: {result.wall_s:.0f} s"
    yield f"  deliveries        {keys['master'] + keys['slave']}"
    yield f"    to masters      {keys['master']}"
    yield f"    to slaves       {keys['slave']}"
    yield f"    by one-key requests  {keys['alone']}"
    yield f"  calls             {len(history.calls)}: " + _counts(outcomes)
    yield f"  burned in flight  {count_keys(facts.burned)} keys in {len(facts.burned)} replies"
    for role in ("master", "slave"):
        found = Counter({state: n for (of, state), n in states.items() if of == role})
        yield f"  {role + ' copies':<16}  " + _counts(found)
    reasons = Counter[str]()
    for row in history.told:
        if row.event == "keys-void":
            reasons[f"{row.role}: {row.reason}"] += len(row.key_ids)
    for reason, count in sorted(reasons.items()):
        yield f"    void, {reason}: {count}"
    yield f"  kills             {len(history.kills)}"
    yield "    at random       " + _counts(random_kills)
    for point, hits in result.points:
        yield f"    {point:<32}{hits:>4}"
    yield f"  faults            {len(result.faults)}"
    for fault in result.faults[:_MOST_FAULTS]:
        yield f"    {fault.rule}: {fault.subject} {fault.words}"


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counter.items())) or "none"


if __name__ == "__main__":
    sys.exit(main())
