"""What an entity knows of itself, looked at once a second: for `/status` and for the metrics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from interlace.platform import AuditHead, Clock, EpochOpening, Health, instant_text
from interlace.services.kms.api.operations import AlarmRow, EntityStatus, LinkRow, PoolRow
from interlace.services.kms.app.status import READY_KEYS
from interlace.services.kms.app.wiring import Wired
from interlace.services.kms.model import Alarm, EntityConfig, Pair

__all__ = ["Observer"]


@dataclass(slots=True)
class Observer:
    """The state of one entity, as its operator sees it.

    Args:
        config: of the entity.
        health: of the entity.
        clock: since when a restored store is told of.
    """

    config: EntityConfig
    health: Health
    clock: Clock
    head: AuditHead = field(default_factory=AuditHead)
    _wired: Wired | None = field(default=None, init=False)
    _epoch: int = field(default=0, init=False)
    _restored: str | None = field(default=None, init=False)
    _stored: dict[Pair, int] = field(default_factory=dict[Pair, int], init=False)

    def follow(self, wired: Wired, opening: EpochOpening) -> None:
        """Tell of this entity from now on."""
        self._wired = wired
        self._epoch, self._restored = opening.epoch, opening.restored

    async def look(self) -> None:
        """Count the stock.

        Raises:
            StoreError: the store does not answer.
        """
        if self._wired is not None:
            stocks = await self._wired.keys.stocks()
            pairs = self.config.master_pairs
            self._stored = {pair: stocks.get(("master", pair), 0) for pair in pairs}

    def status(self) -> EntityStatus:
        """The state at the last look."""
        alarms = () if self._wired is None else self._wired.carrier.alarms.active
        return EntityStatus(
            entity=self.config.name,
            simulated=self.config.is_simulated,
            phase=self.health.phase,
            missing=self.health.why_not_ready(),
            epoch=self._epoch,
            restored=self._restored,
            audit_rows=self.head.seq,
            audit_head=self.head.hash.hex(),
            pools=tuple(
                PoolRow(
                    master=pair.master,
                    slave=pair.slave,
                    stored=stored,
                    target=self.config.stock.target,
                )
                for pair, stored in self._stored.items()
            ),
            links=self._links(),
            alarms=tuple(map(_alarm, alarms)),
        )

    def register(self, registry: CollectorRegistry) -> None:
        """Have the figures in a process's metrics."""
        registry.register(_Figures(self))

    def _links(self) -> tuple[LinkRow, ...]:
        known = {link.name: link for link in self.config.own_links}
        seen = () if self._wired is None else self._wired.carrier.links.status()
        return tuple(
            LinkRow(
                id=one.link,
                peer=one.peer,
                state=one.state,
                stock=one.stock,
                peer_stock=one.peer_stock,
                protocol=known[one.link].protocol,
                secret_rate_hz=known[one.link].rate_hz,
            )
            for one in seen
        )


class _Figures(Collector):
    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The figures of the last look."""
        status = self._observer.status()
        ready = GaugeMetricFamily(
            "interlace_kms_ready",
            "1 while /readyz is 200: the entity runs and its store answers, whatever is in stock.",
        )
        ready.add_metric([], float(status.phase == "running" and not status.missing))
        epoch = GaugeMetricFamily("interlace_kms_epoch", "Of the store; a restore raises it.")
        epoch.add_metric([], status.epoch)
        rows = GaugeMetricFamily("interlace_kms_audit_rows", "Length of the audit trail.")
        rows.add_metric([], status.audit_rows)
        pools = GaugeMetricFamily(
            "interlace_kms_stored_keys", "Keys in stock.", labels=["master", "slave"]
        )
        for pool in status.pools:
            pools.add_metric([pool.master, pool.slave], pool.stored)
        short = GaugeMetricFamily(
            "interlace_kms_short_pairs",
            f"Pairs of this entity's masters with fewer than {READY_KEYS} keys in stock.",
        )
        short.add_metric([], sum(pool.stored < READY_KEYS for pool in status.pools))
        blocks = GaugeMetricFamily(
            "interlace_kms_link_blocks",
            "Blocks of 256 bits of link key that this entity may send with.",
            labels=["link", "state"],
        )
        for link in status.links:
            blocks.add_metric([link.id, link.state], link.stock)
        alarms = GaugeMetricFamily(
            "interlace_kms_alarm", "1 for each alarm that is on.", labels=["name", "subject"]
        )
        for alarm in status.alarms:
            alarms.add_metric([alarm.name, alarm.subject], 1)
        return [ready, epoch, rows, pools, short, blocks, alarms]


def _alarm(alarm: Alarm) -> AlarmRow:
    return AlarmRow(
        name=alarm.name,
        subject=alarm.subject,
        severity=alarm.severity,
        words=alarm.words,
        since=instant_text(alarm.since_us),
    )
