"""`interlace kms`: a QKD network whose keys encryptors fetch over ETSI GS QKD 014."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from interlace.arguments import Whole
from interlace.cli.options import one_of, whole
from interlace.cli.outputs import Outputs
from interlace.cli.talk import say, working
from interlace.errors import DomainError, SpecError

if TYPE_CHECKING:
    from interlace.network import Network
    from interlace.services.kms.app import InitWishes

__all__ = ["EXAMPLES", "kms"]

EXAMPLES = ("chain", "ring")
_Command = TypeVar("_Command", bound=Callable[..., Any])
_TLS = ("1.2", "1.3")
_ACTS = ("take-out", "put-back")
_STORE_HELP = "postgresql://..., in place of what `init` wrote; or env:NAME."


def _number(name: str, default: int, kind: Whole, words: str) -> Callable[[_Command], _Command]:
    return click.option(name, default=str(default), metavar="N", callback=whole(kind), help=words)


@click.group()
def kms() -> None:
    """Run a QKD network: entities that hand each key out at most once at each end."""


@kms.command()
@click.argument("folder", metavar="DIR")
@click.option(
    "--example",
    metavar="chain|ring",
    callback=lambda c, p, v: None if v is None else one_of(*EXAMPLES)(c, p, v),
    help="A network that comes with interlace; chain unless you say.",
)
@click.option("--network", "network_path", metavar="NET", help="A network file with `kmes`.")
@click.option("--store", metavar="URL", help="postgresql://... for all entities; else SQLite.")
@click.option(
    "--tls-minimum",
    default="1.3",
    metavar="1.2|1.3",
    callback=one_of(*_TLS),
    help="Of the connections of SAEs; 1.3 unless you say.",
)
def init(
    *,
    folder: str,
    example: str | None,
    network_path: str | None,
    store: str | None,
    tls_minimum: str,
) -> None:
    """Make DIR: certificates and configuration of a network; its first start makes the stores."""
    if example is not None and network_path is not None:
        raise SpecError("cannot be together with --network", path="--example")
    from interlace.services.kms.app import InitWishes, store_of

    wishes = InitWishes(
        store=store_of(store, os.environ), tls_minimum="1.2" if tls_minimum == "1.2" else "1.3"
    )
    with working("making certificates, and looking for the rates of the links"):
        network = _initialised(folder, example or "chain", network_path, wishes)
    from interlace.network import describe

    say(f"{folder}: {describe(network).headline}; its QKD modules are SIMULATED")
    say(f"next: interlace kms up {folder}")


@kms.command()
@click.argument("folder", metavar="DIR")
@click.option("--isolate", is_flag=True, help="Each entity as a process of its own.")
@click.option("--store", metavar="URL", help=_STORE_HELP)
def up(*, folder: str, isolate: bool, store: str | None) -> None:
    """Run all entities of DIR until Ctrl-C."""
    from interlace.services.kms.app import load_directory, run_directory, store_of

    directory = load_directory(folder)
    address = store_of(store, os.environ)
    sys.exit(run_directory(directory, say, store=address, is_isolated=isolate))


@kms.command()
@click.argument("folder", metavar="DIR")
@click.argument("entity", metavar="ENTITY")
@click.option("--store", metavar="URL", help=_STORE_HELP)
@click.option("--log", "log_path", metavar="FILE", help="Append the log to it; else to stderr.")
def serve(*, folder: str, entity: str, store: str | None, log_path: str | None) -> None:
    """Run one entity of DIR, or of its own folder on a host of its own, until it is ended."""
    from interlace.services.kms.app import load_entity, run_entity, store_of

    config = load_entity(folder, entity, store=store_of(store, os.environ))
    sys.exit(run_entity(config, log_path=log_path))


@kms.command()
@click.argument("folder", metavar="DIR")
@click.option("--json", "json_path", metavar="FILE", help="Write it as JSON; `-`: to stdout.")
def status(*, folder: str, json_path: str | None) -> int:
    """Show pools, links, rates and alarms of DIR; exit code 1 if an entity does not answer."""
    outputs = Outputs.of({"--json": json_path}, inputs=())
    from interlace.cli.kms_table import status_table
    from interlace.services.kms.app import status_json, status_of

    found = status_of(folder)
    click.echo(status_table(found), err=outputs.takes_stdout, nl=False)
    outputs.write("--json", status_json(found))
    return 1 if any(one.state == "down" for one in found.entities) else 0


@kms.command()
@click.argument("folder", metavar="DIR")
@click.argument("link_name", metavar="LINK")
@click.argument("act", metavar="take-out|put-back", callback=one_of(*_ACTS))
def link(*, folder: str, link_name: str, act: str) -> None:
    """Take LINK out of use, or put it back, at its ends whose entities run here."""
    from interlace.services.kms.app import operate

    outcome = operate(folder, link_name, "take-out" if act == "take-out" else "put-back")
    words = "taken out" if act == "take-out" else "put back"
    say(f"{link_name}: {words} at {' and '.join(outcome.done)}")
    for reason in outcome.failed.values():
        say(f"not at {reason}")
    if outcome.failed and act == "put-back":
        sys.exit(1)


@kms.command()
@click.argument("folder", metavar="DIR")
@_number("--seconds", 10, Whole(1, 86_400), "How long; 10 unless you say.")
@_number("--connections", 16, Whole(1, 1000), "That ask at once; 16 unless you say.")
@_number("--number", 1, Whole(1, 10_000), "Keys of a request; 1 unless you say.")
@_number(
    "--rate",
    0,
    Whole(0, 1_000_000),
    "Requests a second; as many as are answered unless you say.",
)
@click.option("--json", "json_path", metavar="FILE", help="Write it as JSON; `-`: to stdout.")
def bench(
    *, folder: str, seconds: int, connections: int, number: int, rate: int, json_path: str | None
) -> None:
    """Ask a network that runs for keys, as fast as it goes; the keys are thrown away."""
    outputs = Outputs.of({"--json": json_path}, inputs=())
    import msgspec

    from interlace.cli.kms_table import load_table
    from interlace.services.kms.app import LoadWishes, measure_load

    wishes = LoadWishes(
        seconds_s=float(seconds), connections=connections, number=number, rate_hz=float(rate)
    )
    with working("asking for keys"):
        found = measure_load(folder, wishes)
    if not found.served:
        why = f" ({found.why_refused})" if found.why_refused else ""
        say(
            f"nothing was served: {found.refused} requests were refused{why}, and {found.failed} "
            "had no answer"
        )
        sys.exit(1)
    click.echo(load_table(found), err=outputs.takes_stdout, nl=False)
    outputs.write("--json", msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")


@kms.command()
@click.argument("folder", metavar="DIR")
@click.argument("entity", metavar="ENTITY")
@click.argument("copy_path", metavar="COPY")
def backup(*, folder: str, entity: str, copy_path: str) -> None:
    """Copy the store of ENTITY, which may be running, to the new file COPY."""
    from interlace.services.kms.app import back_up_entity, load_entity

    back_up_entity(load_entity(folder, entity), copy_path)
    say(f"{copy_path}: the store of {entity}; put back, all its keys are void")


@kms.command()
@click.argument("folder", metavar="DIR")
@click.argument("entity", metavar="ENTITY")
@click.argument("copy_path", metavar="COPY")
def restore(*, folder: str, entity: str, copy_path: str) -> None:
    """Put COPY in the place of the store of ENTITY, which must not run and have none."""
    from interlace.services.kms.app import load_entity, restore_entity

    restore_entity(load_entity(folder, entity), copy_path)
    say(f"{entity}: restored; its next start raises the epoch, and all its keys are void")


@kms.command()
@click.argument("folder", metavar="DIR")
@click.argument("entity", metavar="ENTITY")
def audit(*, folder: str, entity: str) -> None:
    """Check the audit trail of ENTITY, which must not run; exit code 1 if it was changed."""
    from interlace.services.kms.app import load_entity, verify_entity

    verdict = verify_entity(load_entity(folder, entity))
    click.echo(f"{entity}: {verdict.rows} rows are as they were written")
    if verdict.broken is not None:
        click.echo(f"{entity}: row {verdict.broken.seq} {verdict.broken.fault}")
        sys.exit(1)


def _initialised(
    folder: str, example: str, network_path: str | None, wishes: InitWishes
) -> Network:
    """Make the directory; what is wrong with the network says where it stands.

    Raises:
        SpecError: as the library's; with file and line where it is about the network.
        DomainError: a link's rate is outside its formula's range.
    """
    from interlace.platform import SystemClock
    from interlace.services.kms.app import example_network, init_directory

    if network_path is None:
        network = example_network(example)
        init_directory(folder, network, SystemClock(), wishes)
        return network
    from interlace.cli.inputs import located_network_from

    network, locate = located_network_from(network_path, name="--network")
    try:
        init_directory(folder, network, SystemClock(), wishes)
    except SpecError as error:
        is_about_network = error.file is None and not (error.path or "").startswith("--")
        raise (locate(error) if is_about_network else error) from error
    except DomainError as error:
        raise DomainError(f"{network_path}: {error}") from error
    return network
