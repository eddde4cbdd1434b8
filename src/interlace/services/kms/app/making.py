"""`interlace kms init`: certificates, configuration and folders of a network on one machine.

Everything is made in a folder beside the one that was asked for, which gets its name as the last
step: a half-made directory never has the name. `kms.yaml` is written last.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from interlace.descriptions import NO_KEYS
from interlace.errors import SpecError
from interlace.platform import (
    Authority,
    Clock,
    create_kek,
    new_authority,
    sync_folder,
    write_private,
)
from interlace.services.kms.app.documents import (
    DirectoryFile,
    EntityFile,
    LinkPart,
    ListenPart,
    ListingPart,
    SaePart,
    TlsPart,
)
from interlace.services.kms.app.reading import DIRECTORY_FILE, ENTITY_FILE
from interlace.services.kms.app.rules import demand_store, is_postgres

if TYPE_CHECKING:
    from interlace.network import KeyNetwork, Network

__all__ = ["EXAMPLES", "InitWishes", "example_network", "init_directory"]

EXAMPLES = ("chain", "ring")
"""Networks that come with the program."""

_HOST = "127.0.0.1"
_HOSTS = ("localhost", _HOST, "::1")
_LOWEST_PORT, _HIGHEST_PORT = 20_000, 32_000
_TRIES = 10_000
_IGNORED = b"# Private keys are in here: nothing of it belongs into a repository.\n*\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class InitWishes:
    """How a directory is to be made.

    Attributes:
        store: a PostgreSQL URL for all entities; `None`: a SQLite file each.
        tls_minimum: of the connections of SAEs.
    """

    store: str | None = None
    tls_minimum: Literal["1.2", "1.3"] = "1.3"


def example_network(name: str) -> Network:
    """A network that comes with the program: `chain` or `ring`."""
    from interlace.network import parse_network

    place = resources.files("interlace.services.kms.app").joinpath(f"examples/{name}.yaml")
    return parse_network(place.read_text(encoding="utf-8"), file=f"kms-{name}.yaml")


def init_directory(
    folder: str, network: Network, clock: Clock, wishes: InitWishes | None = None
) -> None:
    """Make a directory with everything that the entities of a network need.

    Args:
        folder: a new name, or an empty folder.
        network: with KMEs, at least two SAEs and links that deliver key.
        clock: for the dates of certificates.
        wishes: how.

    Raises:
        SpecError: the folder holds something or cannot be made, or the network has no such part.
        DomainError: a link's rate is outside its formula's range.
    """
    wishes = wishes or InitWishes()
    if wishes.store is not None:
        demand_store(wishes.store, "--store")
        _demand_driver(wishes.store)
    keys = _demand_keys(network)
    target = Path(os.path.abspath(folder))
    _refuse_occupied(target, folder)
    links = _links(keys)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        temporary.mkdir(mode=0o700)
        _fill(temporary, network, keys, links, clock, wishes)
        _move(temporary, target, folder)
    except OSError as error:
        raise SpecError(f"cannot be written: {error.strerror}", file=folder) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _demand_driver(store: str) -> None:
    """Refuse PostgreSQL where nothing could speak to it, before anything is made."""
    if is_postgres(store) and find_spec("asyncpg") is None:
        rule = (
            "needs asyncpg, which is not installed: install interlace with the extra `postgres`, "
            "in a clone by `.venv/bin/python -m pip install --editable '.[postgres]'`"
        )
        raise SpecError(rule, path="--store")


def _demand_keys(network: Network) -> KeyNetwork:
    keys = network.keys
    if keys is None:
        raise SpecError("has no KMEs: describe `kmes`, `saes` and links with `qkd`", path="kmes")
    if not keys.permits:
        raise SpecError("needs at least two SAEs: keys are shared between two", path="saes")
    return keys


def _refuse_occupied(target: Path, folder: str) -> None:
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise SpecError("is there already, and is no folder", file=folder)
    if target.is_dir() and any(target.iterdir()):
        raise SpecError("holds something already: name a new or an empty folder", file=folder)
    if not target.parent.is_dir():
        rule = f"the folder {str(target.parent)!r} does not exist: make it first"
        raise SpecError(rule, file=folder)


def _links(keys: KeyNetwork) -> dict[str, LinkPart]:
    """Rates of all links; one without key is refused: nothing would ever be relayed over it."""
    from interlace.qkd import key_link_rate

    found: dict[str, LinkPart] = {}
    known: dict[bytes, float] = {}
    for link in keys.links:
        if link.qkd.protocol == "plob":
            rule = (
                "is a bound on what any protocol could bring, and no module runs it: "
                "choose decoy-bb84 or one-decoy"
            )
            place = f"links.{link.name}.qkd.protocol"
            raise SpecError(rule, value=link.qkd.protocol, path=place)
        same = msgspec.json.encode((link.length_m, link.loss_db_per_m, link.loss_db, link.qkd))
        if same not in known:
            known[same] = key_link_rate(link).secret_rate_hz
        if known[same] <= 0.0:
            rule = "delivers no key: make it shorter, or its equipment better"
            raise SpecError(rule, value=link.name, path=f"links.{link.name}")
        found[link.name] = LinkPart(
            protocol=link.qkd.protocol, secret_bits_per_s=round(known[same], 3)
        )
    return found


def _fill(
    root: Path,
    network: Network,
    keys: KeyNetwork,
    links: dict[str, LinkPart],
    clock: Clock,
    wishes: InitWishes,
) -> None:
    from interlace.network import dump_network

    _write(root / ".gitignore", _IGNORED)
    authority = new_authority(f"{network.name} (SIMULATED)"[:64], clock)
    (root / "ca").mkdir(mode=0o700)
    authority.root.write(str(root / "ca.pem"), str(root / "ca" / "key.pem"))
    _write(root / "network.yaml", dump_network(network).encode())
    taken: set[int] = set()
    listening = {kme.name: _listen(taken) for kme in keys.kmes}
    for kme in keys.kmes:
        file = _entity_file(kme.name, keys, links, listening, wishes)
        _make_entity(root / "entities" / kme.name, file, authority)
    for sae in keys.saes:
        place = root / "saes" / sae.name
        place.mkdir(mode=0o700, parents=True)
        issued = authority.client(sae.name, uris=[f"urn:sae:{sae.name}"])
        issued.write(str(place / "cert.pem"), str(place / "key.pem"))
    listing = DirectoryFile(
        interlace_kms=1,
        name=network.name,
        simulated=True,
        entities={
            name: ListingPart(
                folder=f"entities/{name}",
                sae_port=one.sae_port,
                peer_port=one.peer_port,
                operations_port=one.operations_port,
            )
            for name, one in listening.items()
        },
        saes={
            sae.name: SaePart(
                kme=sae.kme,
                certificate=f"saes/{sae.name}/cert.pem",
                key=f"saes/{sae.name}/key.pem",
            )
            for sae in keys.saes
        },
    )
    _write(root / DIRECTORY_FILE, _yaml(listing, f"The network {network.name}: SIMULATED."))


def _make_entity(place: Path, file: EntityFile, authority: Authority) -> None:
    (place / "tls").mkdir(mode=0o700, parents=True)
    place.chmod(0o700)
    name = file.entity
    issued = authority.server(name, hosts=_HOSTS, uris=[f"urn:kme:{name}"])
    issued.write(str(place / "tls" / "cert.pem"), str(place / "tls" / "key.pem"))
    _write(place / "tls" / "ca.pem", authority.root.certificate)
    create_kek(str(place / "kek"))
    _write(place / ENTITY_FILE, _yaml(file, f"The entity {name}. Its QKD modules are SIMULATED."))


def _entity_file(
    name: str,
    keys: KeyNetwork,
    links: dict[str, LinkPart],
    listening: Mapping[str, ListenPart],
    wishes: InitWishes,
) -> EntityFile:
    permits: dict[str, list[str]] = {}
    for permit in keys.permits:
        permits.setdefault(permit.master, []).append(permit.slave)
    return EntityFile(
        interlace_kms=1,
        entity=name,
        simulated=True,
        listen=listening[name],
        tls=TlsPart(minimum=wishes.tls_minimum),
        store=wishes.store or "store.sqlite",
        schema=_schema(name),
        saes={sae.name: sae.kme for sae in keys.saes},
        permits=permits,
        peers={
            other.name: f"https://{_HOST}:{listening[other.name].peer_port}"
            for other in keys.kmes
            if other.name != name
        },
        links=links,
    )


def _schema(name: str) -> str:
    """A schema of its own for each directory, though several share a database."""
    return f"kms_{secrets.token_hex(4)}_{name.replace('-', '_').lower()}"[:63]


def _listen(taken: set[int]) -> ListenPart:
    sae_port, peer_port, operations_port = _free_ports(3, taken)
    return ListenPart(
        host=_HOST, sae_port=sae_port, peer_port=peer_port, operations_port=operations_port
    )


def _free_ports(count: int, taken: set[int]) -> Iterator[int]:
    """Ports that nobody listens on, below those that the system hands out by itself."""
    found = 0
    for _ in range(_TRIES):
        port = _LOWEST_PORT + secrets.randbelow(_HIGHEST_PORT - _LOWEST_PORT)
        if port in taken or not _is_free(port):
            continue
        taken.add(port)
        found += 1
        yield port
        if found == count:
            return
    raise SpecError("has no free ports between 20000 and 32000", value=_HOST, path="listen")


def _is_free(port: int) -> bool:
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            return False
    return True


def _yaml(value: msgspec.Struct, head: str) -> bytes:
    from ruamel.yaml import YAML
    from ruamel.yaml.compat import StringIO

    text = StringIO()
    writer = YAML()
    writer.width = 100
    writer.dump(_quoted(msgspec.to_builtins(value)), text)
    return f"# {head}\n# Made by `interlace kms init`.\n{text.getvalue()}".encode()


def _quoted(value: Any) -> Any:  # noqa: ANN401 - plain data
    """The same with quotes around keys that some version of YAML does not read as text."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if not isinstance(value, dict):
        return value
    return {
        DoubleQuotedScalarString(key) if key.lower() in NO_KEYS else key: _quoted(inner)
        for key, inner in value.items()
    }


def _write(path: Path, content: bytes) -> None:
    write_private(str(path), content, is_new=True)


def _move(temporary: Path, target: Path, folder: str) -> None:
    try:
        os.rename(temporary, target)  # also over an empty folder
    except OSError as error:
        if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
            rule = "holds something already: name a new or an empty folder"
            raise SpecError(rule, file=folder) from error
        raise
    sync_folder(target.parent)
