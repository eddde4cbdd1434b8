"""The files of a network of entities, as they are written: `kms.yaml` and `entity.yaml`."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

__all__ = [
    "DirectoryFile",
    "EntityFile",
    "LimitsPart",
    "LinkPart",
    "ListenPart",
    "ListingPart",
    "SaePart",
    "StockPart",
    "TlsPart",
]

Duration = str | float | int


class Written(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a file: unknown keys are refused."""


class ListenPart(Written, frozen=True, kw_only=True):
    """Where the entity listens."""

    host: Annotated[str, Meta(description="Of this machine, for SAEs and entities")] = "127.0.0.1"
    sae_port: Annotated[int, Meta(description="ETSI GS QKD 014")]
    peer_port: Annotated[int, Meta(description="The other entities")]
    operations_port: Annotated[int, Meta(description="Health and metrics, on 127.0.0.1 alone")]


class TlsPart(Written, frozen=True, kw_only=True):
    """Certificates; paths are relative to this file."""

    certificate: str = "tls/cert.pem"
    key: str = "tls/key.pem"
    authority: Annotated[str, Meta(description="Whose certificates are trusted")] = "tls/ca.pem"
    minimum: Annotated[Literal["1.2", "1.3"], Meta(description="Of an SAE's connection")] = "1.3"
    sae_identity: Annotated[
        Literal["uri", "common-name"], Meta(description="Where a certificate names its SAE")
    ] = "uri"


class LinkPart(Written, frozen=True, kw_only=True):
    """A QKD link of the network."""

    protocol: str
    secret_bits_per_s: Annotated[float, Meta(description="What its modules deliver")]


class LimitsPart(Written, frozen=True, kw_only=True):
    """What an SAE may ask for."""

    size: Annotated[int, Meta(description="Bits of a key unless the request says")] = 256
    min_size: int = 64
    max_size: int = 4096
    max_per_request: int = 128
    max_stored: Annotated[int, Meta(description="Keys kept for a pair")] = 100_000
    max_age: Annotated[Duration, Meta(description="Of a key that nobody fetched")] = "86400 s"
    tombstones: Annotated[
        Duration, Meta(description="How long the ID of a key is kept after it would have expired")
    ] = "31536000 s"


class StockPart(Written, frozen=True, kw_only=True):
    """What is kept ready."""

    low: Annotated[int, Meta(description="Keys of a pair below which there is an alarm")] = 256
    target: Annotated[int, Meta(description="Keys of a pair that refilling aims at")] = 1024
    link_low: Annotated[int, Meta(description="Blocks of a link that is no longer ready")] = 512
    link_most: Annotated[int, Meta(description="Blocks at which a link's modules pause")] = 16_384


class EntityFile(Written, frozen=True, kw_only=True):
    """`entity.yaml`: everything that one entity is told."""

    interlace_kms: Annotated[Literal[1], Meta(description="Version of this file")]
    entity: Annotated[str, Meta(description="Its identity, that of its certificate")]
    simulated: Annotated[bool, Meta(description="Its modules draw key by themselves: true")]
    listen: ListenPart
    tls: TlsPart
    store: Annotated[str, Meta(description="A file beside this one, or postgresql://...")]
    schema: Annotated[str, Meta(description="Of this entity's tables in PostgreSQL")]
    kek: Annotated[str, Meta(description="file:PATH or env:NAME")] = "file:kek"
    epoch: Annotated[str, Meta(description="A file that no copy of the store may hold")] = "epoch"
    saes: Annotated[dict[str, str], Meta(description="All users of keys, and who serves them")]
    permits: Annotated[dict[str, list[str]], Meta(description="Master to slaves")]
    peers: Annotated[dict[str, str], Meta(description="All other entities, and their URLs")]
    links: Annotated[dict[str, LinkPart], Meta(description="All QKD links of the network")]
    speed_up: Annotated[float, Meta(description="Factor on the rates of simulated modules")] = 1.0
    limits: LimitsPart = LimitsPart()
    stock: StockPart = StockPart()


class ListingPart(Written, frozen=True, kw_only=True):
    """An entity in `kms.yaml`."""

    folder: str
    sae_port: int
    peer_port: int
    operations_port: int


class SaePart(Written, frozen=True, kw_only=True):
    """An SAE in `kms.yaml`."""

    kme: str
    certificate: str
    key: str


class DirectoryFile(Written, frozen=True, kw_only=True):
    """`kms.yaml`: what a directory holds. It is written last: without it, nothing starts."""

    interlace_kms: Annotated[Literal[1], Meta(description="Version of this file")]
    name: str
    simulated: bool
    network: str = "network.yaml"
    ca: str = "ca.pem"
    entities: dict[str, ListingPart]
    saes: dict[str, SaePart]
