"""`interlace qkd`: what a link for quantum key distribution delivers, in figures or drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from interlace.cli.options import one_of
from interlace.cli.outputs import Outputs
from interlace.cli.talk import say, working
from interlace.errors import SpecError

if TYPE_CHECKING:
    from interlace.qkd import Channel, KeyRate, QkdLink

__all__ = ["qkd"]

PROTOCOL_NAMES = ("decoy-bb84", "one-decoy", "plob")

_PROTOCOL = one_of(*PROTOCOL_NAMES)
_OPTIONS = {"block": "--finite"}
"""Key of a description to the option that gives it, where they differ."""

_POINTS = 101
_LENGTH = ("length", 4e7, "must be between 0 and 40000 km")
_FIBRE = ("attenuation", 0.1, "must be between 0 and 100 dB/km")
_LOSS = ("loss", 300.0, "must be between 0 and 300 dB")


def _equipment(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what stands at the ends, and over which fibre."""
    for option, words in reversed(
        (
            ("--finite", "Sifted bits made into a key at once: 1e7. Left out: endlessly many."),
            ("--loss", "Of the fibre; 0.2dB/km unless you say."),
            ("--clock", "Pulses a second; 1GHz unless you say."),
            ("--detector-efficiency", "Of the whole receiver; 0.1 unless you say."),
            ("--dark-counts", "Of each detector: 600Hz, or a chance a pulse; 6e-7 unless you say."),
            ("--afterpulse", "Clicks that follow a click; 4% unless you say."),
            ("--misalignment", "Photons at the wrong detector; 0.5% unless you say."),
            ("--error-correction", "Its inefficiency, 1 at Shannon's limit; 1.16 unless you say."),
            ("--correctness", "Chance of unequal keys, a block; 1e-15 unless you say."),
            ("--secrecy-per-bit", "Chance of no secrecy, a secret bit; 1e-15 unless you say."),
        )
    ):
        function = click.option(option, metavar="X", help=words)(function)
    return function


def _each_protocol(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    return tuple(_PROTOCOL(context, parameter, value) for value in values)


@click.group()
def qkd() -> None:
    """Compute the rates of links for quantum key distribution."""


@qkd.command()
@click.option(
    "--protocol",
    required=True,
    metavar="NAME",
    callback=_PROTOCOL,
    help=f"One of {', '.join(PROTOCOL_NAMES)} (the bound on all of them).",
)
@click.option("--length", metavar="LENGTH", help="Of the fibre: 50km.")
@click.option("--total-loss", metavar="LOSS", help="Of the channel, instead of --length: 10dB.")
@_equipment
@click.option("--json", "json_path", metavar="FILE", help="Write it as JSON; `-`: to stdout.")
def rate(
    *,
    protocol: str,
    length: str | None,
    total_loss: str | None,
    loss: str | None,
    json_path: str | None,
    **written: str | None,
) -> None:
    """Show the key rate over one fibre, at the best settings of the sender."""
    outputs = Outputs.of({"--json": json_path}, inputs=())
    if (length is None) == (total_loss is None):
        raise SpecError("needs --length or --total-loss, one of them", path="interlace qkd rate")
    if total_loss is not None and loss is not None:
        raise SpecError("is of a fibre: needs --length, not --total-loss", path="--loss")
    link = _link(protocol, written)
    from interlace.cli.qkd_table import rate_json, rate_table
    from interlace.qkd import Channel

    if length is not None:
        channel = Channel(
            length_m=_quantity("--length", length, _LENGTH),
            loss_db_per_m=_quantity("--loss", "0.2dB/km" if loss is None else loss, _FIBRE),
        )
    else:
        channel = Channel(loss_db=_quantity("--total-loss", total_loss or "", _LOSS))
    (found,) = _rates(link, [channel])
    click.echo(rate_table(found), err=outputs.takes_stdout, nl=False)
    outputs.write("--json", rate_json(found))


@qkd.command()
@click.option(
    "--protocol",
    "protocols",
    multiple=True,
    metavar="NAME",
    callback=_each_protocol,
    help=f"As of `rate`, again for each line; all unless you say: {', '.join(PROTOCOL_NAMES)}.",
)
@click.option("--length", "span", required=True, metavar="A..B", help="Fibres: 0km..200km.")
@_equipment
@click.option("--png", "png_path", metavar="FILE", help="Write the picture; `-`: to stdout.")
@click.option("--json", "json_path", metavar="FILE", help="Write its points as JSON.")
def plot(
    *,
    protocols: tuple[str, ...],
    span: str,
    loss: str | None,
    png_path: str | None,
    json_path: str | None,
    **written: str | None,
) -> None:
    """Draw key rates against the length of the fibre."""
    outputs = Outputs.of({"--png": png_path, "--json": json_path}, inputs=())
    if not outputs.paths:
        raise SpecError("needs --png FILE or --json FILE", path="interlace qkd plot")
    names = tuple(dict.fromkeys(protocols or PROTOCOL_NAMES))
    low, high = _span(span)
    loss_db_per_m = _quantity("--loss", "0.2dB/km" if loss is None else loss, _FIBRE)
    links = [_link(name, written) for name in names]
    from interlace.cli.qkd_table import curves_json
    from interlace.qkd import Channel

    step = (high - low) / (_POINTS - 1)
    channels = [
        Channel(length_m=low + i * step, loss_db_per_m=loss_db_per_m) for i in range(_POINTS)
    ]
    with working("looking for the best settings at every length"):
        curves = [_rates(link, _lossy(link, channels)) for link in links]
    outputs.write("--json", curves_json(curves))
    if png_path is not None:
        from interlace.report import key_rate_picture

        outputs.write("--png", key_rate_picture(curves))
        if png_path != "-":
            say(f"{png_path}: {', '.join(names)}")


def _link(protocol: str, written: dict[str, str | None]) -> QkdLink:
    """The link that the options describe, by the rules of a description in a file.

    Raises:
        SpecError: a rule is broken; names the option.
    """
    import msgspec

    from interlace.qkd import QkdSpec, checked_qkd

    keys = {"block" if key == "finite" else key: text for key, text in written.items()}
    given = {key: text for key, text in keys.items() if text is not None}
    spec = msgspec.convert({"protocol": protocol, **given}, QkdSpec)
    try:
        return checked_qkd(spec, path="")
    except SpecError as error:
        key = (error.path or "").lstrip(".")
        option = _OPTIONS.get(key, f"--{key.replace('_', '-')}")
        raise SpecError(error.rule, value=error.value, path=option) from error


def _rates(link: QkdLink, channels: Sequence[Channel]) -> tuple[KeyRate, ...]:
    from interlace.qkd import rates

    return rates(
        link.protocol,
        channels,
        equipment=link.equipment,
        block=link.block,
        security=link.security,
    )


def _lossy(link: QkdLink, channels: Sequence[Channel]) -> Sequence[Channel]:
    """The channels that the protocol has a rate for: without loss there is no bound."""
    lossy = [channel for channel in channels if channel.transmittance < 1.0]
    return lossy if link.protocol == "plob" and lossy else channels


def _span(text: str) -> tuple[float, float]:
    """Two lengths in metres, the shorter one first.

    Raises:
        SpecError: something else is written.
    """
    first, dots, last = text.partition("..")
    if not dots:
        raise SpecError('must be two lengths, "0km..200km"', value=text, path="--length")
    low, high = (_quantity("--length", part, _LENGTH) for part in (first, last))
    if low >= high:
        raise SpecError(
            "must go from a shorter length to a longer one", value=text, path="--length"
        )
    return low, high


def _quantity(option: str, text: str, kind: tuple[str, float, str]) -> float:
    """One written value in SI, not negative.

    Raises:
        SpecError: no such quantity, or too large.
    """
    from interlace.units import parse_quantity

    dimension, most, rule = kind
    try:
        read = parse_quantity(text, dimension)
    except SpecError as error:
        raise SpecError(error.rule, value=error.value, path=option) from error
    except OverflowError:
        read = math.inf
    if not 0.0 <= read <= most:
        raise SpecError(rule, value=text, path=option)
    return read
