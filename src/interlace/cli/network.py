"""`interlace network`: check, show and make descriptions of networks."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import click

from interlace.cli.kinds import needing
from interlace.cli.network_import import import_graph
from interlace.cli.outputs import Outputs
from interlace.cli.snapshot_talk import say_mended
from interlace.cli.talk import say
from interlace.errors import DomainError, SpecError

if TYPE_CHECKING:
    from interlace.cli.inputs import Locate
    from interlace.link import Link
    from interlace.network import Network
    from interlace.qkd import KeyRate

__all__ = ["network"]

_OPTIONS = {
    "device": "--device",
    "communication_qubits": "--communication-qubits",
    "link": "--link",
}
"""Argument of `make_network` to the option that gives it."""


@click.group()
def network() -> None:
    """Check, show and make descriptions of networks."""


network.add_command(import_graph)


@network.command()
@click.argument("network_path", metavar="NET")
def check(network_path: str) -> None:
    """Read NET (`-`: stdin), apply every rule, and say what it describes."""
    found, _, _ = _read(network_path)
    from interlace.network import describe

    click.echo(describe(found).headline)
    say_mended(found)


@network.command()
@click.argument("network_path", metavar="NET")
@click.option("--json", "json_path", metavar="FILE", help="Write it as JSON; `-`: to stdout.")
@click.option("--html", "html_path", metavar="FILE", help="Write a page with its map.")
def show(network_path: str, json_path: str | None, html_path: str | None) -> None:
    """Show the machines and KMEs of NET, its links, and what each link delivers."""
    wanted = {"--json": json_path, "--html": html_path}
    outputs = Outputs.of(wanted, inputs=(network_path,))
    found, links, keys = _read(network_path)
    if html_path is not None and not found.machines:
        raise SpecError("draws machines, and this network has none", path="--html")
    from interlace.cli.network_table import network_json, network_table

    click.echo(network_table(found, links, keys), err=outputs.takes_stdout, nl=False)
    say_mended(found)
    if json_path is not None:
        outputs.write("--json", network_json(found, links, keys))
    if html_path is not None:
        from interlace.report import network_page

        outputs.write("--html", network_page(found, links).encode())


@network.command()
def schema() -> None:
    """Print the JSON Schema of network files, for editors."""
    import msgspec

    from interlace.network import json_schema

    click.echo(msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode())


@network.command()
@click.argument("shape", metavar="line|ring|grid|star|complete")
@click.argument("size", metavar="N")
@click.option(
    "--device",
    required=True,
    metavar="D",
    help="Of every machine: `ideal:N`, of the catalogue, a snapshot, or a device file.",
)
@click.option(
    "--communication-qubits",
    "communication",
    required=True,
    metavar="M",
    help="Of every machine: a number, or `unlimited` ones on top of an ideal device's.",
)
@click.option("--link", metavar="TEXT", help='Of every link: "rate=1kHz,fidelity=0.98".')
@click.option(
    "-o", "network_path", required=True, metavar="NET", help="File to write; `-`: stdout."
)
def new(
    *, shape: str, size: str, device: str, communication: str, link: str | None, network_path: str
) -> None:
    """Make a network of N equal machines m0, m1, ... (a grid: RxC; a star's hub is m0)."""
    outputs = Outputs.of({"-o": network_path}, inputs=(device,))
    from interlace.network import DEFAULT_LINK, describe, dump_network, load_device, make_network

    try:
        with needing("device", device):
            one = load_device(device)
    except SpecError as error:
        inner = error.path or "device"
        place = inner if inner == "device" else f"device.{inner}"
        raise _of_option(error, place) from error
    try:
        made = make_network(
            shape,
            size,
            device=one,
            communication_qubits=_count_or_unlimited(communication),
            link=DEFAULT_LINK if link is None else link,
        )
    except SpecError as error:
        raise _of_option(error, error.path or "") from error
    outputs.write("-o", dump_network(made).encode())
    if link is None:
        say(f"every link is {DEFAULT_LINK}: say --link to change it")
    if network_path != "-":
        say(f"{network_path}: {describe(made).headline}")


def _read(path: str) -> tuple[Network, tuple[Link, ...], tuple[KeyRate, ...]]:
    """The network and its links; a link outside its model's range is an error here already."""
    from interlace.cli.inputs import located_network_from

    found, locate = located_network_from(path, name="NET")
    links: list[Link] = []
    rates: list[KeyRate] = []
    if found.links:
        from interlace.link import compile_link

        for spec in found.links:
            with _located(locate, spec.name):
                links.append(compile_link(spec, found))
    if found.keys is not None:
        from interlace.qkd import key_link_rate

        for link in found.keys.links:
            with _located(locate, link.name):
                rates.append(key_link_rate(link))
    return found, tuple(links), tuple(rates)


@contextmanager
def _located(locate: Locate, link: str) -> Generator[None]:
    """Say of what is wrong with a link where it stands."""
    try:
        yield
    except SpecError as error:
        raise locate(error) from error
    except DomainError as error:
        place = locate(SpecError("", path=f"links.{link}"))
        raise DomainError(f"{place.file}:{place.line}: {error}") from error


def _of_option(error: SpecError, path: str) -> SpecError:
    """The same error, of the option as it is typed; a device file's own place stays."""
    if error.file is not None and error.path is not None:
        return error
    name, _, rest = path.partition(".")
    option = _OPTIONS.get(name, name)
    place = f"{option} {rest}" if rest else option
    return SpecError(
        error.rule, value=error.value, file=error.file, line=error.line, path=place or None
    )


def _count_or_unlimited(text: str) -> int | Literal["unlimited"]:
    if text == "unlimited":
        return "unlimited"
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        rule = "must be a number of qubits or `unlimited`"
        raise SpecError(rule, value=text, path="--communication-qubits")
    return int(text)
