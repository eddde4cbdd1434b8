"""One entity, put together: a part of a service that starts whole or not at all.

Order of the start: the folder is held against a second process; secrets and certificates are read;
the operator's side answers; the store opens, and its epoch says whether it is a restored one;
entities are answered; and last of all SAEs. The stop goes back the same way.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from interlace import __version__
from interlace.errors import SpecError
from interlace.platform import (
    AuditTrail,
    Background,
    Clock,
    EpochFile,
    FailedHandshakes,
    Health,
    KillPoints,
    Operations,
    Part,
    ServerTls,
    Store,
    TlsFiles,
    Transaction,
    Vault,
    demand_kek,
    hold_folder,
    keep_head,
    log_event,
    log_scope,
    new_metrics,
    open_epoch,
    open_store,
    open_vault,
    read_kek,
    watch_store,
)
from interlace.services.kms.adapters.key_rows import MIGRATIONS
from interlace.services.kms.api.etsi014 import Etsi014Api
from interlace.services.kms.api.operations import EntityStatus
from interlace.services.kms.app.certificates import demand_own
from interlace.services.kms.app.observing import Observer
from interlace.services.kms.app.reading import located_in_entity
from interlace.services.kms.app.store_watch import PASSING, StoreWatch
from interlace.services.kms.app.wiring import Wired, void_everything_older, wired_entity
from interlace.services.kms.model import EntityConfig
from interlace.services.kms.service.carrying import Carrier
from interlace.services.kms.wire.openapi import openapi_document
from interlace.units import Seconds

__all__ = ["EntityPart"]

Document = Callable[[], Awaitable[object]]

_LOG = logging.getLogger("interlace.kms")
_NOTE_S: Seconds = 1.0
_EXPIRE_S: Seconds = 10.0


class EntityPart:
    """An entity as a part of a service, alone in its process or beside others.

    Args:
        config: of the entity.
        clock: the time.
        environment: where secrets and fault points may be named.
    """

    def __init__(
        self, config: EntityConfig, clock: Clock, environment: Mapping[str, str] | None = None
    ) -> None:
        self.config = config
        self.health = Health()
        self.name = config.name
        self._clock = clock
        self._environment = os.environ if environment is None else environment
        self._held = contextlib.ExitStack()
        self._started: list[Part] = []
        self._store: Store | None = None
        self._own: Background | None = None
        self._handshakes: FailedHandshakes | None = None
        self._observer = Observer(config, self.health, clock)

    async def start(self, background: Background) -> None:
        """Start everything, in order.

        Raises:
            SpecError: a file is missing or wrong, or an address is taken.
            ServiceError: another process runs this entity.
            StoreError: the store cannot be used.
        """
        with log_scope(entity=self.name):
            try:
                await self._start_all(background)
            except SpecError as error:
                raise located_in_entity(self.config, error) from error.__cause__

    async def _start_all(self, background: Background) -> None:
        config = self.config
        faults = KillPoints.of(self._environment)
        self._held.enter_context(hold_folder(config.folder))
        kek = read_kek(config.kek, self._environment)
        sae_tls, peer_tls, files = _tls(config)
        registry = new_metrics(__version__)
        self._handshakes = handshakes = FailedHandshakes(registry, _LOG)
        handshakes.watch(sae_tls.context, "saes")
        handshakes.watch(peer_tls.context, "entities")
        self._observer.register(registry)
        operations = Operations(
            self.health,
            registry,
            port=config.listening.operations_port,
            documents=self._documents(),
        )
        await self._start(operations, background)
        self._store = store = await open_store(config.store, MIGRATIONS, schema=config.schema)
        await store.read(lambda tx: demand_kek(tx, kek))
        trail, file = AuditTrail(self._clock), EpochFile(config.epoch_file)
        opening = await open_epoch(
            store, file, trail, self._clock, void=void_everything_older(self._clock)
        )
        if opening.restored is not None:
            words = f"{opening.restored}: its older keys are void"
            log_event(_LOG, words, level=logging.WARNING, entity=self.name, epoch=opening.epoch)

        async def unseal(tx: Transaction) -> Vault:
            return await open_vault(tx, kek, epoch=opening.epoch, clock=self._clock)

        vault = await store.transaction(unseal)
        kek.wipe()
        witness = file.witness()
        self._held.callback(witness.close)
        trail = AuditTrail(self._clock, witness)
        wired = wired_entity(config, store, vault, trail, faults, server=peer_tls, files=files)
        await wired.deliveries.start()
        self._observer.follow(wired, opening)
        self.health.add_check("deliveries", wired.deliveries.why_not_ready)
        store_watch = StoreWatch(
            self.name,
            self._noting(store, trail, file),
            wired.carrier.alarms,
            damaged=lambda: wired.keys.damaged,
        )
        self.health.add_check("store", store_watch.why_not_ready)
        self._own = own = Background()
        background.run(self.name, _end_of(own, file, wired))
        own.run("store", watch_store(store))
        own.run("expiry", self._expire(wired))
        own.run("watch", self._watch(store_watch))
        await self._start(wired.connections, own)
        await self._start(wired.carrier, own)
        await self._start(wired.peer_api, own)
        await self._observer.look()
        saes = Etsi014Api(
            wired.deliveries, config, tls=sae_tls, clock=self._clock, registry=registry
        )
        await self._start(saes, own)
        self.health.phase = "running"
        log_event(_LOG, "entity runs", entity=self.name, epoch=opening.epoch)

    async def stop(self) -> None:
        """Take no request, finish what is under way, close the store, let the folder go."""
        with log_scope(entity=self.name):
            await self._stop_all()

    async def _stop_all(self) -> None:
        self.health.phase = "stopping"
        try:
            while self._started:
                part = self._started.pop()
                if part.name == Carrier.name and self._own is not None:
                    await self._own.cancel()  # nobody asks any more, and the store is open still
                await part.stop()
        finally:
            if self._own is not None:
                await self._own.cancel()
            if self._handshakes is not None:
                self._handshakes.close()
            if self._store is not None:
                await self._store.close()
            self._held.close()

    def status(self) -> EntityStatus:
        """What `/status` tells."""
        return self._observer.status()

    async def _start(self, part: Part, background: Background) -> None:
        self._started.append(part)
        await part.start(background)

    def _documents(self) -> dict[str, Document]:
        async def status() -> object:
            return self.status()

        async def description() -> object:
            return msgspec.Raw(openapi_document())

        return {"/status": status, "/openapi.json": description}

    async def _expire(self, wired: Wired) -> None:
        """Void what nobody fetched in time, and forget what ended long ago."""
        keep_s = self.config.limits.tombstones_s
        while True:
            with contextlib.suppress(*PASSING):
                while await wired.keys.expire() or await wired.keys.purge(keep_s=keep_s):
                    pass
            await self._clock.sleep(_EXPIRE_S)

    def _noting(
        self, store: Store, trail: AuditTrail, file: EpochFile
    ) -> Callable[[], Awaitable[None]]:
        """Look at the stock, and keep the end of the audit trail outside the store."""

        async def note() -> None:
            await self._observer.look()
            self._observer.head = await keep_head(store, file, trail)

        return note

    async def _watch(self, store: StoreWatch) -> None:
        try:
            while True:
                await self._clock.sleep(_NOTE_S)
                await store.look()
        finally:
            store.close()


async def _end_of(own: Background, file: EpochFile, wired: Wired) -> None:
    """End with what an entity's own task ended with; an epoch that peers know is kept first.

    Then the next start finds the store older than the file, and raises the epoch above both.
    """
    error = await own.ended()
    rolled_back = wired.carrier.acquaintance.rolled_back
    if rolled_back is not None and rolled_back.is_believed:
        file.know(rolled_back.known)
    raise error


def _tls(config: EntityConfig) -> tuple[ServerTls, ServerTls, TlsFiles]:
    """For SAEs, for other entities, and for calling them.

    Raises:
        SpecError: a file is wrong, or the certificate is another entity's.
    """
    files = TlsFiles(
        certificate=config.tls.certificate,
        key=config.tls.key,
        authority=config.tls.authority,
    )
    saes = ServerTls(files, minimum=config.tls.minimum)
    peers = ServerTls(files)
    demand_own(config)
    return saes, peers, files
