"""The files of a directory, read and checked: file, line, path, value and rule of what is wrong."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from interlace.arguments import path_text
from interlace.descriptions import did_you_mean, read_marked
from interlace.errors import SpecError
from interlace.platform import load_config
from interlace.services.kms.app.documents import DirectoryFile, EntityFile, LimitsPart, StockPart
from interlace.services.kms.app.rules import (
    check_directory,
    check_entity,
    check_listing,
    demand_name,
    demand_store,
    is_postgres,
)
from interlace.services.kms.model import (
    Directory,
    EntityConfig,
    EntityListing,
    EntityTls,
    KeyLimits,
    LinkConfig,
    Listening,
    Pair,
    Peer,
    Sae,
    SaeListing,
    StockTargets,
)
from interlace.units import parse_quantity

__all__ = [
    "DIRECTORY_FILE",
    "ENTITY_FILE",
    "any_entity",
    "load_directory",
    "load_entities",
    "load_entity",
    "located_in_entity",
    "store_of",
]

DIRECTORY_FILE = "kms.yaml"
ENTITY_FILE = "entity.yaml"


def load_directory(folder: str) -> Directory:
    """Read what `interlace kms init` made.

    Raises:
        SpecError: it is no such directory, or `kms.yaml` breaks a rule.
    """
    path_text("DIR", folder, of="a directory of `interlace kms init`")
    file = Path(folder) / DIRECTORY_FILE
    if not Path(folder).is_dir():
        raise SpecError("there is no such directory: `interlace kms init` makes one", file=folder)
    if not file.is_file() and (Path(folder) / ENTITY_FILE).is_file():
        rule = "is the folder of one entity: its operations port tells its state, at /status"
        raise SpecError(rule, file=folder)
    if not file.is_file():
        rule = f"has no {DIRECTORY_FILE}: it is not what `interlace kms init` made, or not whole"
        raise SpecError(rule, file=folder)
    written = load_config(file, DirectoryFile, check=check_directory)
    root = Path(os.path.abspath(folder))
    return Directory(
        folder=str(root),
        name=written.name,
        ca=str(root / written.ca),
        entities=tuple(
            EntityListing(
                name=name,
                folder=str(root / one.folder),
                listening=Listening(
                    host="localhost",
                    sae_port=one.sae_port,
                    peer_port=one.peer_port,
                    operations_port=one.operations_port,
                ),
            )
            for name, one in written.entities.items()
        ),
        saes=tuple(
            SaeListing(
                name=name,
                kme=sae.kme,
                certificate=str(root / sae.certificate),
                key=str(root / sae.key),
            )
            for name, sae in written.saes.items()
        ),
    )


def load_entity(folder: str, name: str, *, store: str | None = None) -> EntityConfig:
    """Read one entity's configuration.

    Args:
        folder: of `interlace kms init`; or the entity's own, on a host of its own.
        name: of the entity.
        store: in place of the one that is written.

    Raises:
        SpecError: there is no such entity, a file is missing, or a rule is broken.
    """
    path_text("DIR", folder, of="a directory of `interlace kms init`")
    demand_name(name, "ENTITY")
    place, listed = _entity_folder(folder, name)
    file = place / ENTITY_FILE
    written = _entity_file(file, name, listed)
    if store is not None:
        demand_store(store, "--store")
    tls = EntityTls(
        certificate=str(place / written.tls.certificate),
        key=str(place / written.tls.key),
        authority=str(place / written.tls.authority),
        minimum=written.tls.minimum,
        sae_identity=written.tls.sae_identity,
    )
    kek = written.kek
    if kek.startswith("file:"):
        kek = f"file:{place / kek.removeprefix('file:')}"
    return EntityConfig(
        name=name,
        folder=str(place),
        listening=Listening(
            host=written.listen.host,
            sae_port=written.listen.sae_port,
            peer_port=written.listen.peer_port,
            operations_port=written.listen.operations_port,
        ),
        tls=tls,
        store=_placed(store or written.store, place),
        schema=written.schema,
        kek=kek,
        epoch_file=str(place / written.epoch),
        saes=tuple(Sae(name=sae, kme=kme) for sae, kme in written.saes.items()),
        permits=tuple(
            Pair(master=master, slave=slave)
            for master, slaves in written.permits.items()
            for slave in slaves
        ),
        peers=tuple(Peer(name=peer, url=url.rstrip("/")) for peer, url in written.peers.items()),
        links=tuple(
            LinkConfig(
                name=link,
                ends=_ends(link),
                rate_hz=part.secret_bits_per_s,
                protocol=part.protocol,
            )
            for link, part in written.links.items()
        ),
        speed_up=written.speed_up,
        limits=_limits(written.limits),
        stock=_stock(written.stock),
        is_simulated=written.simulated,
    )


def load_entities(folder: str) -> tuple[EntityConfig, ...]:
    """Read the configurations of all entities whose folders are here.

    Args:
        folder: of `interlace kms init`; or of one entity, on a host of its own.

    Raises:
        SpecError: it is neither, a file is missing, or a rule is broken.
    """
    path_text("DIR", folder, of="a directory of `interlace kms init`")
    own = Path(folder) / ENTITY_FILE
    if own.is_file() and not (Path(folder) / DIRECTORY_FILE).is_file():
        return (load_entity(folder, load_config(own, EntityFile, check=check_entity).entity),)
    listed = load_directory(folder).entities
    here = [one.name for one in listed if (Path(one.folder) / ENTITY_FILE).is_file()]
    return tuple(load_entity(folder, name) for name in here)


def located_in_entity(config: EntityConfig, error: SpecError) -> SpecError:
    """What was found only when an entity's configuration was used, with file and line of the key.

    Args:
        config: of the entity.
        error: names a key of its file; one that names a file already, or something else than a
            key, as a variable of the environment, stays as it is.
    """
    key = (error.path or "").partition(".")[0]
    if error.file is not None or key not in EntityFile.__struct_encode_fields__:
        return error
    file = Path(config.folder) / ENTITY_FILE
    try:
        document = read_marked(file.read_text(encoding="utf-8"), file=str(file))
    except (OSError, ValueError, SpecError):
        return error.located(file=str(file))  # it was replaced meanwhile
    keys = document.data if isinstance(document.data, dict) else {}
    is_given = _placed(str(keys.get("store")), Path(config.folder)) != config.store
    if error.path == "store" and is_given:
        return SpecError(error.rule, value=error.value, path="--store")
    if key not in keys:
        return error.located(file=str(file))
    return document.locate(error)


def any_entity(folder: str) -> EntityConfig:
    """Read the configuration of the first entity whose folder is here: all know the network.

    Raises:
        SpecError: as `load_entities`; or none is here.
    """
    found = load_entities(folder)
    if not found:
        raise SpecError("holds no entity: the folders of all are elsewhere", file=folder)
    return found[0]


def store_of(text: str | None, environment: Mapping[str, str]) -> str | None:
    """A store as the command line has it: as it is, or `env:NAME` for a variable's value.

    Raises:
        SpecError: there is no such variable, or the store is none.
    """
    if text is None:
        return None
    if text.startswith("env:"):
        name = text.removeprefix("env:")
        if name not in environment:
            raise SpecError("the environment has no such variable", value=name, path="--store")
        text = environment[name]
    demand_store(text, "--store")
    if not is_postgres(text):
        raise SpecError("must be postgresql://USER@HOST:PORT/DATABASE", path="--store")
    return text


def _entity_file(file: Path, name: str, listed: EntityListing | None) -> EntityFile:
    def check(found: EntityFile) -> None:
        check_entity(found, name)
        if listed is not None:
            check_listing(found, listed)
        _demand_there(found, file.parent)

    return load_config(file, EntityFile, check=check)


def _entity_folder(folder: str, name: str) -> tuple[Path, EntityListing | None]:
    """Where an entity is, and what `kms.yaml` says of it if there is one."""
    root = Path(os.path.abspath(folder))
    listing = None
    if (root / DIRECTORY_FILE).is_file():
        directory = load_directory(folder)
        listing = directory.entity(name)
        if listing is None:
            known = did_you_mean(name, [one.name for one in directory.entities])
            raise SpecError(f"is no entity of {folder}: {known}", value=name, path="ENTITY")
        place = Path(listing.folder)
    elif (root / ENTITY_FILE).is_file():
        place = root
    else:
        load_directory(folder)  # says what is missing
        place = root
    if not (place / ENTITY_FILE).is_file():
        raise SpecError(f"has no {ENTITY_FILE}: it is not the whole entity", file=str(place))
    return place, listing


def _demand_there(found: EntityFile, place: Path) -> None:
    named = {
        "tls.certificate": found.tls.certificate,
        "tls.key": found.tls.key,
        "tls.authority": found.tls.authority,
    }
    if found.kek.startswith("file:"):
        named["kek"] = found.kek.removeprefix("file:")
    for key, path in named.items():
        if not (place / path).is_file():
            raise SpecError("names a file that is not there", value=path, path=key)


def _placed(store: str, place: Path) -> str:
    return store if is_postgres(store) else str(place / store)


def _ends(link: str) -> tuple[str, str]:
    left, _, right = link.partition("--")
    return left, right


def _limits(part: LimitsPart) -> KeyLimits:
    return KeyLimits(
        size_bits=part.size,
        min_size_bits=part.min_size,
        max_size_bits=part.max_size,
        max_per_request=part.max_per_request,
        max_stored=part.max_stored,
        max_age_s=parse_quantity(part.max_age, "time"),
        tombstones_s=parse_quantity(part.tombstones, "time"),
    )


def _stock(part: StockPart) -> StockTargets:
    return StockTargets(
        low=part.low,
        target=part.target,
        link_low_blocks=part.link_low,
        link_most_blocks=part.link_most,
    )
