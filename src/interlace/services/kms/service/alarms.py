"""What is wrong at this moment; each beginning and end gets an audit row."""

from __future__ import annotations

from dataclasses import dataclass, field

from interlace.platform import AuditEvent, Clock
from interlace.services.kms.model.alarms import Alarm, Severity
from interlace.services.kms.ports.links import Ledger, LinkStore

__all__ = ["Alarms"]


@dataclass(slots=True)
class Alarms:
    """The alarms of one entity.

    Args:
        clock: since when they are on.
    """

    clock: Clock
    _active: dict[tuple[str, str], Alarm] = field(
        default_factory=dict[tuple[str, str], Alarm], init=False
    )
    _untold: list[AuditEvent] = field(default_factory=list[AuditEvent], init=False)

    @property
    def active(self) -> tuple[Alarm, ...]:
        """What is on, the oldest first."""
        return tuple(sorted(self._active.values(), key=lambda a: (a.since_us, a.name, a.subject)))

    def set(self, name: str, subject: str, words: str | None, *, severity: Severity) -> None:
        """Turn an alarm on, or, with no words, off; what does not change is not told again.

        Args:
            name: what kind: `link-down`.
            subject: of what.
            words: cause, and what to do.
            severity: how much it matters.
        """
        before = self._active.get((name, subject))
        if words is None and before is not None:
            del self._active[name, subject]
            self._tell("alarm-cleared", before)
        elif words is not None and before is None:
            alarm = Alarm(
                name=name,
                subject=subject,
                severity=severity,
                words=words,
                since_us=self.clock.now_us(),
            )
            self._active[name, subject] = alarm
            self._tell("alarm-raised", alarm)

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
        self._untold.append(
            AuditEvent(actor="kms", event=event, subject=alarm.subject, detail=detail)
        )
