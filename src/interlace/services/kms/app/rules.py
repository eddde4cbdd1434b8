"""The rules of `entity.yaml` and `kms.yaml`, beyond the kind of each value.

An error names the key's path; whoever reads the file adds file and line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from interlace.descriptions import below, did_you_mean, item
from interlace.errors import SpecError
from interlace.services.kms.app.documents import (
    DirectoryFile,
    EntityFile,
    LimitsPart,
    ListenPart,
    ListingPart,
    StockPart,
)
from interlace.services.kms.model import EntityListing
from interlace.services.kms.model.peering import MOST_KEYS
from interlace.units import parse_quantity

__all__ = [
    "MOST_SIZE_BITS",
    "check_directory",
    "check_entity",
    "check_listing",
    "demand_name",
    "demand_store",
    "is_postgres",
]

MOST_SIZE_BITS = 1 << 16
"""A key may have so many bits, whatever a file says."""

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]+")
_SCHEMA = re.compile(r"[a-z][a-z0-9_]{0,62}")
_VERSION = 1
_LEAST_AGE_S, _MOST_AGE_S = 1.0, 3.2e8
_MOST_SPEED_UP = 1e6


def check_directory(file: DirectoryFile) -> None:
    """Apply the rules of `kms.yaml`.

    Raises:
        SpecError: one is broken.
    """
    _demand_version(file.interlace_kms, is_simulated=file.simulated)
    for name, one in file.entities.items():
        here = below("entities", name)
        demand_name(name, here)
        _demand_ports(one, here)
    for name, sae in file.saes.items():
        here = below("saes", name)
        demand_name(name, here)
        _demand_known(sae.kme, file.entities, "an entity", below(here, "kme"))


def check_entity(file: EntityFile, name: str | None = None) -> None:
    """Apply the rules of `entity.yaml`.

    Args:
        file: what it holds.
        name: whose it must be: what it says of the network makes no sense with another name.

    Raises:
        SpecError: one is broken.
    """
    _demand_version(file.interlace_kms, is_simulated=file.simulated)
    demand_name(file.entity, "entity")
    if name not in {None, file.entity}:
        rule = f"is the file of another entity than {name!r}"
        raise SpecError(rule, value=file.entity, path="entity")
    _demand_host(file.listen.host)
    _demand_ports(file.listen, "listen")
    demand_store(file.store, "store")
    if _SCHEMA.fullmatch(file.schema) is None:
        rule = "must be small letters, digits and _, a letter first, at most 63"
        raise SpecError(rule, value=file.schema, path="schema")
    if re.fullmatch(r"(file|env):.+", file.kek) is None:
        raise SpecError("must be file:PATH or env:NAME", value=file.kek, path="kek")
    if not file.epoch.strip() or "\0" in file.epoch:
        raise SpecError("needs a file", value=file.epoch, path="epoch")
    if not 0 < file.speed_up <= _MOST_SPEED_UP:
        raise SpecError("must be above 0, at most 1e6", value=file.speed_up, path="speed_up")
    _check_network(file)
    _check_limits(file.limits)
    _check_stock(file.stock, file.limits)


def check_listing(file: EntityFile, listing: EntityListing) -> None:
    """Make sure that an entity listens where `kms.yaml` says: status and `up` ask there.

    Raises:
        SpecError: it does not.
    """
    for key in ("sae_port", "peer_port", "operations_port"):
        port, listed = getattr(file.listen, key), getattr(listing.listening, key)
        if port != listed:
            rule = f"kms.yaml has {listed}: they must be the same"
            raise SpecError(rule, value=port, path=f"listen.{key}")


def demand_name(name: str, path: str) -> None:
    """Make sure that a name may stand in a certificate, a URL and a folder.

    Raises:
        SpecError: it may not.
    """
    if _NAME.fullmatch(name) is None or "--" in name or len(name) > 48:
        rule = "a name is letters a to z, digits, `_` and single `-` inside, at most 48"
        raise SpecError(rule, value=name, path=path)


def is_postgres(store: str) -> bool:
    """Whether a store is in PostgreSQL."""
    return store.startswith(("postgresql://", "postgres://"))


def demand_store(store: str, path: str) -> None:
    """Make sure that it is the path of a file, or the URL of a PostgreSQL database.

    Raises:
        SpecError: it is neither, or the URL is none; what stands in it is not shown, for a URL
            may hold a password.
    """
    scheme = store.partition("://")[0]
    if "://" in store and not is_postgres(store):
        rule = "must be a file, or postgresql://USER@HOST:PORT/DATABASE"
        raise SpecError(rule, value=f"{scheme}://...", path=path)
    if not store.strip() or "\0" in store:
        raise SpecError("needs a file, or postgresql://USER@HOST:PORT/DATABASE", path=path)
    if is_postgres(store) and not _is_url(store):
        rule = "is no URL of a database: needs postgresql://USER@HOST:PORT/DATABASE"
        raise SpecError(rule, path=path)


def _is_url(text: str) -> bool:
    try:
        port = urlsplit(text).port
    except ValueError:
        return False
    return port != 0


def _demand_version(version: int, *, is_simulated: bool) -> None:
    if version != _VERSION:
        rule = f"this release reads version {_VERSION} of this file"
        raise SpecError(rule, value=version, path="interlace_kms")
    if not is_simulated:
        rule = "must be true: this release has simulated QKD modules only"
        raise SpecError(rule, value=is_simulated, path="simulated")


def _demand_ports(one: ListenPart | ListingPart, path: str) -> None:
    ports = {
        "sae_port": one.sae_port,
        "peer_port": one.peer_port,
        "operations_port": one.operations_port,
    }
    seen: dict[int, str] = {}
    for key, port in ports.items():
        if not 1 <= port <= 65535:
            raise SpecError("must be between 1 and 65535", value=port, path=below(path, key))
        other = seen.setdefault(port, key)
        if other != key:
            raise SpecError(f"is the {other} too", value=port, path=below(path, key))


def _demand_host(host: str) -> None:
    if _HOST.fullmatch(host) is None:
        rule = "must be an address or a name of this machine"
        raise SpecError(rule, value=host, path="listen.host")


def _check_network(file: EntityFile) -> None:
    kmes = (file.entity, *file.peers)
    if file.entity in file.peers:
        raise SpecError("is this entity itself", value=file.entity, path=f"peers.{file.entity}")
    for name, url in file.peers.items():
        demand_name(name, below("peers", name))
        _demand_url(url, below("peers", name))
    for name, kme in file.saes.items():
        demand_name(name, below("saes", name))
        _demand_known(kme, kmes, "an entity", below("saes", name))
    for master, slaves in file.permits.items():
        here = below("permits", master)
        _demand_known(master, file.saes, "an SAE", here)
        for index, slave in enumerate(slaves):
            _demand_known(slave, file.saes, "an SAE", item(here, index))
            if slave == master or slave in slaves[:index]:
                rule = "is the master itself" if slave == master else "is named twice"
                raise SpecError(rule, value=slave, path=item(here, index))
    for name, link in file.links.items():
        here = below("links", name)
        ends = name.split("--")
        if len(ends) != 2 or ends[0] == ends[1]:
            raise SpecError("a link is named after its two ends: a--b", value=name, path=here)
        for end in ends:
            _demand_known(end, kmes, "an entity", here)
        if not 0 <= link.secret_bits_per_s <= 1e12:
            rule = "must be between 0 and 1e12"
            place = below(here, "secret_bits_per_s")
            raise SpecError(rule, value=link.secret_bits_per_s, path=place)


def _demand_known(name: str, known: Iterable[str], what: str, path: str) -> None:
    if name not in known:
        rule = f"is not {what} of this network: {did_you_mean(name, known)}"
        raise SpecError(rule, value=name, path=path)


def _demand_url(url: str, path: str) -> None:
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme == "https" and parts.hostname and parts.port
    except ValueError:
        is_whole = False
        parts = urlsplit("")
    if not is_whole or parts.path not in {"", "/"} or parts.query or parts.username:
        seen = None if "@" in url else url  # what stands before it may be a password
        raise SpecError("must be https://HOST:PORT", value=seen, path=path)


def _check_limits(limits: LimitsPart) -> None:
    sizes = {"min_size": limits.min_size, "size": limits.size, "max_size": limits.max_size}
    for key, bits in sizes.items():
        if bits % 8 or not 8 <= bits <= MOST_SIZE_BITS:
            rule = f"must be a multiple of 8 between 8 and {MOST_SIZE_BITS}"
            raise SpecError(rule, value=bits, path=f"limits.{key}")
    if not limits.min_size <= limits.size <= limits.max_size:
        rule = "must lie between min_size and max_size"
        raise SpecError(rule, value=limits.size, path="limits.size")
    for key, most in (("max_per_request", 10_000), ("max_stored", 100_000_000)):
        count = getattr(limits, key)
        if not 1 <= count <= most:
            raise SpecError(f"must be between 1 and {most}", value=count, path=f"limits.{key}")
    for key in ("max_age", "tombstones"):
        written = getattr(limits, key)
        if not _LEAST_AGE_S <= _seconds(written, f"limits.{key}") <= _MOST_AGE_S:
            rule = "must be between 1 s and 3.2e8 s (ten years)"
            raise SpecError(rule, value=written, path=f"limits.{key}")


def _seconds(written: object, path: str) -> float:
    try:
        return parse_quantity(written, "time")
    except SpecError as error:
        raise error.located(path=path) from error.__cause__
    except OverflowError:
        return float("inf")


def _check_stock(stock: StockPart, limits: LimitsPart) -> None:
    if not 0 <= stock.low <= stock.target:
        raise SpecError("must be between 0 and target", value=stock.low, path="stock.low")
    if not 1 <= stock.target <= limits.max_stored:
        rule = "must be between 1 and limits.max_stored"
        raise SpecError(rule, value=stock.target, path="stock.target")
    blocks = 2 * (min(stock.target, MOST_KEYS) + 1)
    if stock.link_most < blocks:
        rule = f"must be at least {blocks}: half of it is one direction's, and carries a transfer"
        raise SpecError(rule, value=stock.link_most, path="stock.link_most")
    if not 0 <= stock.link_low < stock.link_most <= 10_000_000:
        rule = "must be at least 0 and below link_most, which may be 10000000"
        raise SpecError(rule, value=stock.link_low, path="stock.link_low")
