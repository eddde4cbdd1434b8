"""The rules of delivery against a model, and orders that are committed in groups."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.platform.conftest import Place
from tests.services.kms.entity import (
    AB,
    A,
    B,
    C,
    Certificates,
    D,
    NoPeers,
    configuration,
    listening,
    new_keys,
    opened,
    sql_keys,
)

from interlace.platform import KillPoints, ManualClock, StoreUnavailableError, SystemClock
from interlace.services.kms.adapters.memory_keys import MemoryKeyStore
from interlace.services.kms.model import (
    Assembly,
    KeyId,
    KmeId,
    Order,
    Outcome,
    Pair,
    TakeByIds,
    TakeNext,
)
from interlace.services.kms.ports import Binding
from interlace.services.kms.service.commits import GroupCommit
from interlace.services.kms.service.deliveries import Deliveries
from interlace.services.kms.service.refusals import RefusedError

PAIRS = [AB, Pair(master=B, slave=A), Pair(master=A, slave=C)]


@dataclass
class Model:
    """What a key store must do, in the plainest words."""

    pool: dict[Pair, list[KeyId]] = field(default_factory=dict)
    bits: dict[KeyId, bytes] = field(default_factory=dict)
    slaves: dict[KeyId, Pair] = field(default_factory=dict)
    open_to_slave: set[KeyId] = field(default_factory=set)


class DeliveryMachine(RuleBasedStateMachine):
    """Random orders, in groups, on a store and on the model."""

    kind = "memory"

    @initialize()
    def begin(self) -> None:
        self.model = Model()
        self.runner = asyncio.Runner()
        self.clock = ManualClock()
        self.delivered: set[tuple[str, KeyId]] = set()
        if self.kind == "memory":
            self.store = MemoryKeyStore(self.clock)
            return
        self.folder = tempfile.TemporaryDirectory()
        self.context = opened(str(Path(self.folder.name) / "store.db"))
        store = self.runner.run(self.context.__aenter__())
        self.store = self.runner.run(sql_keys(store, clock=self.clock))

    def teardown(self) -> None:
        if hasattr(self, "context"):
            self.runner.run(self.context.__aexit__(None, None, None))
            self.folder.cleanup()
        if hasattr(self, "runner"):
            self.runner.close()

    @rule(pair=st.sampled_from(PAIRS), count=st.integers(1, 5))
    def add(self, pair: Pair, count: int) -> None:
        keys = new_keys(count, pair=pair)
        self.runner.run(self.store.add(keys))
        for key in keys[::2]:
            self.model.pool.setdefault(pair, []).append(key.key_id)
            self.model.bits[key.key_id] = key.material.reveal()
            self.model.slaves[key.key_id] = pair
            self.model.open_to_slave.add(key.key_id)

    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        if self.model.open_to_slave:
            left = [key_id for key_id in self.model.bits if key_id in self.model.open_to_slave]
            key_id = data.draw(st.sampled_from(left))  # by place: the IDs differ from run to run
            assert self.runner.run(self.store.void([key_id], "slave", reason="test")) == 1
            self.model.open_to_slave.discard(key_id)

    @rule(data=st.data())
    def deliver(self, data: st.DataObject) -> None:
        orders = data.draw(st.lists(self.orders(), min_size=1, max_size=5))
        outcomes = self.runner.run(self.store.deliver(orders))
        for order, outcome in zip(orders, outcomes, strict=True):
            expected = self.expected(order)
            if isinstance(outcome, tuple):
                role = "master" if isinstance(order, TakeNext) else "slave"
                got = {(role, key.key_id) for key in outcome}
                assert not got & self.delivered
                self.delivered |= got
                assert [(k.key_id, k.material.reveal()) for k in outcome] == expected
            else:
                assert outcome.reason == expected

    def orders(self) -> st.SearchStrategy[Order]:
        known = [*self.model.bits, "00000000-0000-4000-8000-000000000000"]
        nexts = st.builds(
            lambda pair, count: TakeNext(pair=pair, count=count, size_bits=256, request="r"),
            st.sampled_from(PAIRS), st.integers(1, 4),
        )  # fmt: skip
        ids = st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True)
        by_ids = st.builds(
            lambda pair, ids: TakeByIds(pair=pair, key_ids=tuple(ids), request="r"),
            st.sampled_from(PAIRS), ids,
        )  # fmt: skip
        return nexts | by_ids

    def expected(self, order: Order) -> object:
        model = self.model
        if isinstance(order, TakeNext):
            pool = model.pool.get(order.pair, [])
            if len(pool) < order.count:
                return "insufficient"
            ids, model.pool[order.pair] = pool[: order.count], pool[order.count :]
            return [(key_id, model.bits[key_id]) for key_id in ids]
        pairs = [model.slaves.get(key_id) for key_id in order.key_ids]
        if any(pair is not None and pair.slave != order.pair.slave for pair in pairs):
            return "wrong-party"
        is_open = all(key_id in model.open_to_slave for key_id in order.key_ids)
        if not is_open or any(pair != order.pair for pair in pairs):
            return "unknown-key"
        model.open_to_slave -= set(order.key_ids)
        return [(key_id, model.bits[key_id]) for key_id in order.key_ids]

    @invariant()
    def stock_is_what_the_model_has(self) -> None:
        if hasattr(self, "store"):
            stocks = self.runner.run(self.store.stocks())
            expected = {("master", p): len(ids) for p, ids in self.model.pool.items() if ids}
            for key_id in self.model.open_to_slave:
                place = ("slave", self.model.slaves[key_id])
                expected[place] = expected.get(place, 0) + 1
            assert stocks == expected


class SqliteDeliveryMachine(DeliveryMachine):
    """The same on SQLite."""

    kind = "sqlite"


QUICK = {"deadline": None, "suppress_health_check": list(HealthCheck)}
TestDeliveryInMemory = DeliveryMachine.TestCase
TestDeliveryInMemory.settings = settings(max_examples=60, stateful_step_count=20, **QUICK)
TestDeliveryOnSqlite = SqliteDeliveryMachine.TestCase
TestDeliveryOnSqlite.settings = settings(max_examples=20, stateful_step_count=15, **QUICK)


# ---------------------------------------------------------------------------------- group commit


def take(count: int = 1) -> TakeNext:
    return TakeNext(pair=AB, count=count, size_bits=256, request="r")


def test_orders_that_wait_during_a_commit_go_into_the_next_one_together() -> None:
    groups: list[int] = []

    async def carry_out(orders: Sequence[Order]) -> Sequence[Outcome]:
        groups.append(len(orders))
        await asyncio.sleep(0.01)
        return [()] * len(orders)

    async def story() -> None:
        commits = GroupCommit(carry_out)
        first = asyncio.create_task(commits.submit(take()))
        await asyncio.sleep(0.001)
        await asyncio.gather(*(commits.submit(take()) for _ in range(300)))
        await asyncio.gather(*(commits.submit(take(1000)) for _ in range(10)), first)

    asyncio.run(story())
    assert groups == [1, 256, 44, 5, 5]


def test_all_orders_of_a_group_that_fails_are_told_and_later_ones_are_carried_out() -> None:
    async def carry_out(orders: Sequence[Order]) -> Sequence[Outcome]:
        if len(orders) == 3:
            raise StoreUnavailableError("busy")
        return [()] * len(orders)

    async def story() -> None:
        commits = GroupCommit(carry_out)
        told = await asyncio.gather(
            *(commits.submit(take()) for _ in range(3)), return_exceptions=True
        )
        assert [type(error) for error in told] == [StoreUnavailableError] * 3
        assert await commits.submit(take()) == ()

    asyncio.run(story())


def test_an_order_whose_caller_left_before_its_turn_is_dropped() -> None:
    carried: list[Order] = []

    async def carry_out(orders: Sequence[Order]) -> Sequence[Outcome]:
        await asyncio.sleep(0.01)
        carried.extend(orders)
        return [()] * len(orders)

    async def story() -> None:
        commits = GroupCommit(carry_out)
        tasks = [asyncio.create_task(commits.submit(take(i))) for i in (1, 2, 3)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        late = [asyncio.create_task(commits.submit(take(i))) for i in (4, 5)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        late[0].cancel()
        await asyncio.gather(*tasks, *late, return_exceptions=True)

    asyncio.run(story())
    assert [order.count for order in carried if isinstance(order, TakeNext)] == [1, 2, 3, 5]


# --------------------------------------------------------------------------- the service on stores


def test_many_collectors_at_both_ends_get_each_key_once(
    place: Place, certificates: Certificates
) -> None:
    async def story() -> None:
        async with opened(place.address, place.schema) as store:
            keys = await sql_keys(store)
            await keys.add(new_keys(300))
            config = configuration(certificates)
            service = Deliveries(keys, config, NoPeers(), SystemClock(), KillPoints())
            got: dict[KeyId, bytes] = {}
            fetched: list[KeyId] = []
            refused: list[str] = []

            async def master(size_bits: int) -> None:
                for _ in range(6):
                    taken = await service.next_keys(AB, count=2, size_bits=size_bits, request="r")
                    for key in taken:
                        assert key.key_id not in got
                        got[key.key_id] = key.material.reveal()
                    ids = [key.key_id for key in taken]
                    await asyncio.gather(*(slave(ids) for _ in range(3)))

            async def slave(ids: list[KeyId]) -> None:
                try:
                    found = await service.keys_by_id(AB, ids, request="r")
                except RefusedError as error:
                    refused.append(error.code)
                    return
                assert [got[key.key_id] for key in found] == [k.material.reveal() for k in found]
                fetched.extend(key.key_id for key in found)

            await asyncio.gather(
                *(master(256) for _ in range(15)), *(master(512) for _ in range(3))
            )
            assert len(got) == 18 * 12
            assert sorted(fetched) == sorted(got)
            assert refused == ["unknown-key"] * (18 * 12)
            assert await keys.stocks() == {("master", AB): 48, ("slave", AB): 48}
            assert (await keys.trail.verify(store)).broken is None

    asyncio.run(story())


class Peer:
    """The port of assemblies: another entity's store, whose answer may be lost."""

    def __init__(self, store: MemoryKeyStore, *, loses_answer: bool = False) -> None:
        self.store = store
        self.loses_answer = loses_answer
        self.asked: list[Assembly] = []

    async def assemble(self, kme: KmeId, assembly: Assembly) -> Binding:
        assert kme == "kme-d"
        self.asked.append(assembly)
        is_bound = await self.store.bind(assembly)
        if self.loses_answer:
            raise TimeoutError
        return "bound" if is_bound else "refused"


class Faltering(MemoryKeyStore):
    """A store that is away when an assembly is to be delivered, and back again at once."""

    async def finish(self, assembly: Assembly, *, request: str) -> Outcome:
        raise StoreUnavailableError("the store is away")


def test_parts_whose_delivery_fails_do_not_stay_reserved(certificates: Certificates) -> None:
    async def story() -> None:
        store = Faltering(SystemClock())
        await store.add(new_keys(4))
        config = configuration(certificates)
        service = Deliveries(store, config, NoPeers(), SystemClock(), KillPoints())
        with pytest.raises(RefusedError, match="not-serving"):
            await service.next_keys(AB, count=1, size_bits=512, request="r")
        assert await store.abandon(None, reason="test") == 0
        assert service.why_not_ready() is None

    asyncio.run(story())


def test_how_often_the_store_refused_is_told_at_the_latest_when_no_sae_is_answered_any_more(
    certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        store = Faltering(SystemClock())
        await store.add(new_keys(6))
        async with listening(store, certificates) as entity:
            for _ in range(3):
                assert (await entity.ask(A, "GET", f"{B}/enc_keys?size=512"))[0] == 503
        told = [one for one in caplog.records if one.getMessage() == "store refused"]
        assert [one.fields.get("more") for one in told] == [None, 2]

    asyncio.run(story())


def test_an_entity_that_refused_an_assembly_is_not_said_to_be_out_of_reach(
    certificates: Certificates,
) -> None:
    pair = Pair(master=A, slave=D)

    async def story() -> None:
        store = MemoryKeyStore(SystemClock())
        await store.add(new_keys(3, pair=pair, roles=["master"]))
        config = configuration(certificates)
        peer = Peer(MemoryKeyStore(SystemClock()))  # it has none of the parts
        service = Deliveries(store, config, peer, SystemClock(), KillPoints())
        with pytest.raises(RefusedError, match="refused-there"):
            await service.next_keys(pair, count=1, size_bits=512, request="r")
        assert await store.stock(pair, "master") == 1
        assert await store.abandon(None, reason="test") == 0

    asyncio.run(story())


@pytest.mark.parametrize("loses_answer", [False, True])
def test_two_entities_assemble_a_key_which_is_delivered_at_both_or_at_neither_end(
    certificates: Certificates, loses_answer: bool
) -> None:
    from dataclasses import replace

    pair = Pair(master=A, slave=D)
    clock = SystemClock()

    async def story() -> None:
        here, there = MemoryKeyStore(clock), MemoryKeyStore(clock)
        keys = new_keys(8, pair=pair)
        await here.add(keys[::2])
        await there.add(keys[1::2])
        config = configuration(certificates)
        far = Deliveries(there, replace(config, name="kme-d"), NoPeers(), clock, KillPoints())
        peer = Peer(there, loses_answer=loses_answer)
        near = Deliveries(here, config, peer, clock, KillPoints())
        ids: list[KeyId] = []
        if loses_answer:
            with pytest.raises(RefusedError, match="unreachable"):
                await near.next_keys(pair, count=2, size_bits=1000, request="r")
        else:
            taken = await near.next_keys(pair, count=2, size_bits=1000, request="r")
            ids = [key.key_id for key in peer.asked[0].keys]
            found = await far.keys_by_id(pair, ids, request="r")
            assert [len(key.material) for key in found] == [125, 125]
            for one, other in zip(taken, found, strict=True):
                assert one.key_id == other.key_id
                assert one.material.reveal() == other.material.reveal()
        assert await here.stocks() == {}

    asyncio.run(story())
