"""What an entity is told at its start: the checked form of its files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from interlace.services.kms.model.keys import KmeId, LinkId, Pair, SaeId
from interlace.units import Hertz, Ratio, Seconds

__all__ = [
    "Directory",
    "EntityConfig",
    "EntityListing",
    "EntityTls",
    "KeyLimits",
    "LinkConfig",
    "Listening",
    "Peer",
    "Sae",
    "SaeListing",
    "StockTargets",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLimits:
    """What an SAE may ask for.

    Attributes:
        size_bits: of a key unless the request says; the size of the keys in the pool.
        min_size_bits: of a key.
        max_size_bits: of a key.
        max_per_request: keys.
        max_stored: keys kept for a pair.
        max_age_s: after which a key that nobody fetched expires.
        tombstones_s: how long what is left of a key is kept after the key would have expired.
    """

    size_bits: int = 256
    min_size_bits: int = 64
    max_size_bits: int = 4096
    max_per_request: int = 128
    max_stored: int = 100_000
    max_age_s: Seconds = 86_400.0
    tombstones_s: Seconds = 31_536_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StockTargets:
    """How many keys of a pair are kept ready.

    Attributes:
        low: below it, an alarm.
        target: what refilling aims at.
        link_low_blocks: blocks of a link below which it is no longer READY.
        link_most_blocks: blocks of a link at which its modules pause.
    """

    low: int = 256
    target: int = 1024
    link_low_blocks: int = 512
    link_most_blocks: int = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Where an entity listens.

    Attributes:
        host: an address of this machine, for SAEs and peers.
        sae_port: ETSI GS QKD 014.
        peer_port: the other entities.
        operations_port: health and metrics, on 127.0.0.1 alone.
    """

    host: str
    sae_port: int
    peer_port: int
    operations_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityTls:
    """Paths of PEM files, and what connections must be like.

    Attributes:
        certificate: of the entity, as server and as client.
        key: its private key.
        authority: that the others' certificates come from.
        minimum: of the connections of SAEs; entities among themselves always use 1.3.
        sae_identity: where a certificate says which SAE it is of: a URI `urn:sae:ID`, or its
            common name where there is no such URI.
    """

    certificate: str
    key: str
    authority: str
    minimum: Literal["1.2", "1.3"] = "1.3"
    sae_identity: Literal["uri", "common-name"] = "uri"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sae:
    """A user of keys, and the entity that serves it."""

    name: SaeId
    kme: KmeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another entity.

    Attributes:
        name: of the entity.
        url: scheme, host and port where it answers entities.
    """

    name: KmeId
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkConfig:
    """A QKD link of the network.

    Attributes:
        name: `kme-a--kme-b`.
        ends: the two entities, in the order of the name; the first one's module draws the key.
        rate_hz: secret bits a second, of both directions together.
        protocol: what runs over it.
    """

    name: LinkId
    ends: tuple[KmeId, KmeId]
    rate_hz: Hertz
    protocol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityConfig:
    """One entity: everything that it needs to know.

    Attributes:
        name: of the entity.
        folder: its folder, an absolute path.
        listening: where.
        tls: certificates.
        store: the path of a SQLite file, or a URL `postgresql://...`.
        schema: PostgreSQL's name for this entity's tables.
        kek: where the key-encryption key is: `file:PATH` or `env:NAME`.
        epoch_file: path.
        saes: all of the network.
        permits: pairs that may share keys.
        peers: all other entities.
        links: all of the network.
        speed_up: factor on the rates of simulated modules, for the impatient and for tests.
        limits: what an SAE may ask for.
        stock: what is kept ready.
        is_simulated: whether the key comes from simulated modules: its keys say so.
    """

    name: KmeId
    folder: str
    listening: Listening
    tls: EntityTls
    store: str
    schema: str
    kek: str
    epoch_file: str
    saes: tuple[Sae, ...]
    permits: tuple[Pair, ...]
    peers: tuple[Peer, ...]
    links: tuple[LinkConfig, ...]
    speed_up: Ratio = 1.0
    limits: KeyLimits = field(default_factory=KeyLimits)
    stock: StockTargets = field(default_factory=StockTargets)
    is_simulated: bool = True

    def kme_of(self, sae: SaeId) -> KmeId | None:
        """The entity that serves an SAE; `None` if the network has no such one."""
        return next((one.kme for one in self.saes if one.name == sae), None)

    def url_of(self, kme: KmeId) -> str | None:
        """Where another entity answers entities; `None` if the network has no such one."""
        return next((peer.url for peer in self.peers if peer.name == kme), None)

    @property
    def own_saes(self) -> tuple[SaeId, ...]:
        """The SAEs that this entity serves."""
        return tuple(one.name for one in self.saes if one.kme == self.name)

    @property
    def own_links(self) -> tuple[LinkConfig, ...]:
        """The links that end here."""
        return tuple(link for link in self.links if self.name in link.ends)

    @property
    def master_pairs(self) -> tuple[Pair, ...]:
        """The pairs whose master this entity serves: it keeps them in stock."""
        own = set(self.own_saes)
        return tuple(pair for pair in self.permits if pair.master in own)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityListing:
    """An entity of a directory.

    Attributes:
        name: of the entity.
        folder: an absolute path.
        listening: where it answers.
    """

    name: KmeId
    folder: str
    listening: Listening


@dataclass(frozen=True, slots=True, kw_only=True)
class SaeListing:
    """An SAE of a directory, with the absolute paths of its certificate and key."""

    name: SaeId
    kme: KmeId
    certificate: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """A network of entities on one machine.

    Attributes:
        folder: an absolute path, like all others here.
        name: of the network.
        ca: the certificate that all others come from.
        entities: in the order of the network file.
        saes: in the order of the network file.
    """

    folder: str
    name: str
    ca: str
    entities: tuple[EntityListing, ...]
    saes: tuple[SaeListing, ...]

    def entity(self, name: KmeId) -> EntityListing | None:
        """The entity of that name, if there is one."""
        return next((one for one in self.entities if one.name == name), None)
