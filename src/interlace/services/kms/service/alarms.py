"""What is wrong at this moment; each beginning and end gets a line in the log and an audit row.

A cause that comes and goes within seconds, as while pools fill, is no alarm: one is raised when its
cause has lasted `HOLD_S`, and cleared when the cause has been gone for as long. So whoever looks
(status, metrics, `up`) sees the same, and nothing flickers.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace

from interlace.platform import AuditEvent, Clock, log_event
from interlace.services.kms.model.alarms import Alarm, Severity
from interlace.services.kms.ports.links import Ledger, LinkStore
from interlace.units import Seconds

__all__ = ["HOLD_S", "Alarms"]

_LOG = logging.getLogger("interlace.kms")

HOLD_S: Seconds = 10.0
"""How long a cause lasts before its alarm is raised, and is gone before it is cleared."""


@dataclass(slots=True, kw_only=True)
class _Cause:
    """Why there is an alarm, or may soon be one."""

    alarm: Alarm
    begun_s: Seconds
    gone_s: Seconds | None = None
    is_raised: bool = False


@dataclass(slots=True)
class Alarms:
    """The alarms of one entity.

    Args:
        clock: since when they are on.
    """

    clock: Clock
    _causes: dict[tuple[str, str], _Cause] = field(
        default_factory=dict[tuple[str, str], _Cause], init=False
    )
    _untold: list[AuditEvent] = field(default_factory=list[AuditEvent], init=False)

    @property
    def active(self) -> tuple[Alarm, ...]:
        """What is on, the oldest first."""
        raised = [cause.alarm for cause in self._causes.values() if cause.is_raised]
        return tuple(sorted(raised, key=lambda a: (a.since_us, a.name, a.subject)))

    def set(
        self,
        name: str,
        subject: str,
        words: str | None,
        *,
        severity: Severity,
        hold_s: Seconds = HOLD_S,
    ) -> None:
        """Say that there is a cause for an alarm, or, with no words, that there is none.

        It is said again and again: the alarm follows when it has been the same for `hold_s`.

        Args:
            name: what kind: `link-down`.
            subject: of what.
            words: cause, and what to do; the newest are shown.
            severity: how much it matters.
            hold_s: how long it must last; 0 for what is an alarm at once.
        """
        if words is not None:
            self._there(Alarm(name=name, subject=subject, severity=severity, words=words,
                              since_us=self.clock.now_us()), hold_s)  # fmt: skip
        elif (name, subject) in self._causes:
            self._gone((name, subject), hold_s)

    def _there(self, alarm: Alarm, hold_s: Seconds) -> None:
        now_s = self.clock.monotonic_s()
        new = _Cause(alarm=alarm, begun_s=now_s)
        cause = self._causes.setdefault((alarm.name, alarm.subject), new)
        cause.gone_s = None
        cause.alarm = replace(alarm, since_us=cause.alarm.since_us)  # the newest words, and counts
        if not cause.is_raised and now_s - cause.begun_s >= hold_s:
            cause.is_raised = True
            self._tell("alarm-raised", cause.alarm)

    def _gone(self, key: tuple[str, str], hold_s: Seconds) -> None:
        cause, now_s = self._causes[key], self.clock.monotonic_s()
        if cause.gone_s is None:
            cause.gone_s = now_s
        if not cause.is_raised:
            del self._causes[key]
        elif now_s - cause.gone_s >= hold_s:
            del self._causes[key]
            self._tell("alarm-cleared", cause.alarm)

    async def flush(self, store: LinkStore) -> None:
        """Write the audit rows of what changed."""
        if not self._untold:
            return
        untold = tuple(self._untold)

        async def work(ledger: Ledger) -> None:
            ledger.tell(*untold)

        await store.transaction(work)
        del self._untold[: len(untold)]

    def _tell(self, event: str, alarm: Alarm) -> None:
        detail = {"alarm": alarm.name, "severity": alarm.severity, "words": alarm.words}
        words, level = event.replace("-", " "), logging.WARNING
        if event == "alarm-cleared":
            level = logging.INFO
        log_event(_LOG, words, level=level, subject=alarm.subject, **detail)
        self._untold.append(
            AuditEvent(actor="kms", event=event, subject=alarm.subject, detail=detail)
        )
