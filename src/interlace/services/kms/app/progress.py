"""What `interlace kms up` tells a person: the way to readiness, then what to type next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from interlace.platform import Background, Clock
from interlace.services.kms.app.status import (
    DirectoryStatus,
    alarm_text,
    ask_entities,
    directory_status,
)
from interlace.services.kms.model import Directory, EntityConfig
from interlace.units import Seconds

__all__ = ["Progress", "alarm_changes", "next_steps"]

_LOOK_S: Seconds = 0.5

_Alarm = tuple[str, str, str]
"""Entity, name and subject."""


class Progress:
    """A part of a service that says when entities answer and when the network is ready.

    Args:
        directory: which network.
        config: of any of its entities.
        clock: for waits.
        say: tells a person.
    """

    name = "progress"

    def __init__(
        self,
        directory: Directory,
        config: EntityConfig,
        clock: Clock,
        say: Callable[[str], None],
    ) -> None:
        self._directory = directory
        self._config = config
        self._clock = clock
        self._say = say

    async def start(self, background: Background) -> None:
        """Begin to look."""
        mark = " SIMULATED QKD modules," if self._config.is_simulated else ""
        count = len(self._directory.entities)
        self._say(f"{self._directory.name}:{mark} {count} entities; Ctrl-C stops them")
        background.run("progress", self._follow())

    async def stop(self) -> None:
        """Nothing is under way."""

    async def _follow(self) -> None:
        told: set[str] = set()
        alarms: frozenset[_Alarm] = frozenset()
        is_ready = False
        while True:
            status = await self._look()
            for one in status.entities:
                if one.state == "running" and one.id not in told:
                    told.add(one.id)
                    served = f", serves {', '.join(one.saes)}" if one.saes else ", a relay"
                    self._say(f"  {one.id}  {one.url}{served}")
                    if one.restored:
                        self._say(f"  {one.id}: {one.restored}: its older keys are void")
            if status.ready and not is_ready:
                is_ready = True
                self._say(next_steps(self._directory, status))
            lines, alarms = alarm_changes(alarms, status)
            for line in lines:
                self._say(line)
            await self._clock.sleep(_LOOK_S)

    async def _look(self) -> DirectoryStatus:
        told = await asyncio.to_thread(ask_entities, self._directory)
        return directory_status(self._directory, self._config, told)


def alarm_changes(
    known: frozenset[_Alarm], status: DirectoryStatus
) -> tuple[list[str], frozenset[_Alarm]]:
    """What a person is told of alarms that began and ended, each once.

    Args:
        known: what was on at the last look.
        status: at this one. An entity that is down ends no alarm: nobody knows.

    Returns:
        The lines, and what is on now.
    """
    on = {
        (one.id, alarm.name, alarm.subject): alarm_text(one.id, alarm)
        for one in status.entities
        for alarm in one.alarms
    }
    down = {one.id for one in status.entities if one.state == "down"}
    over = sorted(alarm for alarm in known - on.keys() if alarm[0] not in down)
    lines = [f"over: {entity}: {name}: {subject}" for entity, name, subject in over]
    lines += [f"alarm: {on[alarm]}" for alarm in sorted(on.keys() - known)]
    return lines, (known | on.keys()) - frozenset(over)


def next_steps(directory: Directory, status: DirectoryStatus) -> str:
    """The commands with which a first key is fetched at both ends."""
    rows = {row.id: row for row in status.saes}
    first, last = status.saes[0], status.saes[-1]
    master, slave = rows[first.id], rows[last.id]
    curl = f"curl --cacert {status.ca}"
    return "\n".join(
        [
            "ready: every permitted pair has keys. A key for the first SAE:",
            "",
            f"  {curl} \\",
            f"    --cert {master.certificate} --key {master.key} \\",
            f"    {master.url}/api/v1/keys/{slave.id}/enc_keys",
            "",
            "and the same key at the other end, by its key_ID:",
            "",
            f"  {curl} \\",
            f"    --cert {slave.certificate} --key {slave.key} \\",
            f"    '{slave.url}/api/v1/keys/{master.id}/dec_keys?key_ID=KEY_ID'",
            "",
            f"pools, links and alarms: interlace kms status {directory.folder}",
        ]
    )
