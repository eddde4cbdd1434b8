"""`interlace network import`: a network file from a graph that somebody drew."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import click

from interlace.cli.kinds import needing
from interlace.cli.options import one_of
from interlace.cli.outputs import Outputs
from interlace.cli.snapshot_talk import say_mended
from interlace.cli.talk import say
from interlace.errors import SpecError

if TYPE_CHECKING:
    from interlace.network import Device, ImportWishes

__all__ = ["import_graph"]


def _one_of(*names: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """`one_of` for an option that may be left out."""
    check = one_of(*names)
    return lambda context, parameter, value: (
        None if value is None else check(context, parameter, value)
    )


@click.command(name="import")
@click.argument("graph_path", metavar="FILE.graphml|FILE.json")
@click.option(
    "--machines-at",
    metavar="A,B,C",
    help="Names, labels or ids of the nodes that are machines; the others become repeaters. "
    "Left out: every node is a machine.",
)
@click.option(
    "--device",
    metavar="D",
    help="Of every machine: `ideal:N`, of the catalogue, a snapshot, or a device file.",
)
@click.option(
    "--communication-qubits",
    "communication",
    metavar="M",
    help="Of every machine: a number, or `unlimited` ones on top of an ideal device's.",
)
@click.option("--repeater-every", metavar="LENGTH", help="Split longer links by repeaters: 80km.")
@click.option(
    "--transducer",
    metavar="T",
    help="Make every link a hardware chain with this transducer at its machines.",
)
@click.option(
    "--scheme",
    metavar="NAME",
    callback=_one_of("single-click", "double-click"),
    help="Of the chains of --transducer: double-click (unless you say) or single-click.",
)
@click.option("--link", metavar="TEXT", help='Of every link instead: "rate=1kHz,fidelity=0.98".')
@click.option("--detour", metavar="X", help="Fibre length over air distance; 1.5 unless you say.")
@click.option("--loss", metavar="LOSS", help="Of the fibre; 0.2dB/km unless you say.")
@click.option("--length", metavar="LENGTH", help="Of links whose length the file does not tell.")
@click.option(
    "--length-unit",
    metavar="km|m",
    callback=_one_of("km", "m"),
    help="Of lengths in the file that are bare numbers.",
)
@click.option(
    "--component",
    metavar="largest",
    callback=_one_of("largest"),
    help="Import the largest piece of a disconnected graph.",
)
@click.option(
    "-o", "network_path", required=True, metavar="NET", help="File to write; `-`: stdout."
)
def import_graph(
    graph_path: str,
    *,
    device: str | None,
    network_path: str,
    **wanted: Any,  # noqa: ANN401 - the other options, forwarded whole
) -> None:
    """Make a network of a graph: GraphML (Topology Zoo) or node-link JSON.

    What was assumed stands as comments in the network file.
    """
    outputs = Outputs.of({"-o": network_path}, inputs=(graph_path, device))
    wishes = _wishes(device, **wanted)
    from interlace.link import compile_links
    from interlace.network import describe, import_network

    with needing("graph", graph_path):
        made = import_network(graph_path, wishes=wishes)
    compile_links(made.network)
    outputs.write("-o", made.text.encode())
    for note in made.notes:
        say(f"assumed: {note}")
    say_mended(made.network)
    if network_path != "-":
        say(f"{network_path}: {describe(made.network).headline}")


def _wishes(
    device: str | None,
    *,
    machines_at: str | None,
    communication: str | None,
    repeater_every: str | None,
    transducer: str | None,
    scheme: Literal["single-click", "double-click"] | None,
    link: str | None,
    detour: str | None,
    loss: str | None,
    length: str | None,
    length_unit: Literal["km", "m"] | None,
    component: str | None,
) -> ImportWishes:
    """The options as one value, each checked."""
    from interlace.network import ImportWishes, wished

    usual = ImportWishes()
    if scheme is not None and transducer is None:
        rule = "is of chains of hardware: give it with --transducer"
        raise SpecError(rule, value=scheme, path="--scheme")
    return ImportWishes(
        machines_at=None if machines_at is None else tuple(machines_at.split(",")),
        device=None if device is None else _device(device),
        communication_qubits=None if communication is None else _count_or_unlimited(communication),
        repeater_every_m=None
        if repeater_every is None
        else wished(repeater_every, "length", "--repeater-every"),
        transducer=transducer,
        scheme=scheme or usual.scheme,
        link=link,
        detour=usual.detour if detour is None else wished(detour, "detour", "--detour"),
        default_length_m=None if length is None else wished(length, "length", "--length"),
        length_unit=length_unit,
        loss_db_per_m=usual.loss_db_per_m
        if loss is None
        else wished(loss, "attenuation", "--loss"),
        keep_largest=component is not None,
    )


def _device(text: str) -> Device | str:
    """A file's device itself, and any other by its name."""
    from interlace.network import load_device

    try:
        with needing("device", text):
            device = load_device(text)
    except SpecError as error:
        raise error if error.file else error.located(path="--device") from error.__cause__
    return device if os.path.exists(text) else text


def _count_or_unlimited(text: str) -> int | Literal["unlimited"]:
    if text == "unlimited":
        return "unlimited"
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        rule = "must be a number of qubits or `unlimited`"
        raise SpecError(rule, value=text, path="--communication-qubits")
    return int(text)
