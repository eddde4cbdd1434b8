"""`interlace run`: distribute a circuit, or take a plan, and carry it out."""

from __future__ import annotations

import shlex
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import click

import interlace
from interlace.arguments import SEEDS, SHOTS, TIMELINES, path_text
from interlace.cli.called import called_words
from interlace.cli.inputs import (
    STDIN,
    circuit_from,
    naming,
    network_from,
    plan_from,
    refuse_two_from_stdin,
    streamed,
)
from interlace.cli.kinds import needing
from interlace.cli.options import documents, one_of, whole
from interlace.cli.outputs import Outputs
from interlace.cli.talk import progress, say, working
from interlace.errors import SpecError

if TYPE_CHECKING:
    from interlace.compiler import Plan
    from interlace.report import Report
    from interlace.runtime import Result

__all__ = ["BACKENDS", "run"]

_PROGRAM = "CIRCUIT|PLAN"
BACKENDS = ("auto", "stim", "frames", "aer-statevector", "aer-density", "aer-mps")


@click.command()
@click.argument("program", metavar=_PROGRAM)
@click.option("--network", "network_path", metavar="NET", help="The network's file (YAML).")
@click.option(
    "--shots",
    metavar="N",
    type=str,  # read by `whole`
    callback=whole(SHOTS),
    default=1024,
    show_default=True,
    help="Runs to count.",
)
@click.option(
    "--seed",
    metavar="S",
    type=str,  # read by `whole`
    callback=whole(SEEDS),
    default=0,
    show_default=True,
    help="Of all chance.",
)
@click.option(
    "--timelines",
    metavar="N",
    type=str,  # read by `whole`
    callback=whole(TIMELINES),
    help="Histories of the links to sample, at most one a shot.",
)
@click.option(
    "--backend",
    metavar="NAME",
    callback=one_of(*BACKENDS),
    default="auto",
    show_default=True,
    help=f"The simulator: {', '.join(BACKENDS)}.",
)
@click.option("--ideal", is_flag=True, help="The plan itself, with all error rates zero.")
@documents(
    ("--json", "Write the report as JSON (`-`: to stdout, and the table to stderr)."),
    ("--html", "Write the report as a page that needs no network."),
    ("--png", "Write the report as a picture."),
    ("--samples", "Write the bits of every shot in stim's format b8."),
)
def run(
    *,
    program: str,
    network_path: str | None,
    shots: int,
    seed: int,
    timelines: int | None,
    backend: str,
    ideal: bool,
    json_path: str | None,
    html_path: str | None,
    png_path: str | None,
    samples_path: str | None,
) -> None:
    """Run CIRCUIT (OpenQASM, stim, QPY) on a network, or a PLAN that `interlace distribute` wrote.

    Prints what came out and what limited it. A plan carries its network.
    """
    outputs = Outputs.of(
        {
            "--json": json_path,
            "--html": html_path,
            "--png": png_path,
            "--samples": samples_path,
        },
        inputs=(program, network_path),
    )
    plan = _plan(program, network_path, seed=seed)
    with progress() as show:
        result = interlace.run(
            plan,
            shots=shots,
            seed=seed,
            timelines=timelines,
            backend=backend,
            ideal=ideal,
            progress=show,
            say=say,
        )
    with working("writing the report ..."):
        report = interlace.report(result)
        if html_path is not None:
            command = _command(program, network_path, result)
            outputs.write("--html", report.to_html(command=command).encode())
        if png_path is not None:
            outputs.write("--png", _picture(report))
        if samples_path is not None:
            outputs.write("--samples", report.to_b8())
    click.echo(str(report), err=outputs.takes_stdout)
    if json_path is not None:
        outputs.write("--json", report.to_json())


def _picture(report: Report) -> bytes:
    """The picture; what it could not show is said on stderr."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", UserWarning)
        content = report.to_png()
    for warning in said:
        say(f"--png: {warning.message}")
    return content


def _command(program: str, network_path: str | None, result: Result) -> str:
    """The command line that gives the same run again, with everything that was chosen for it."""
    words = [*called_words(), "run", program]
    words += [] if network_path is None else ["--network", network_path]
    words += ["--shots", str(result.shots), "--seed", str(result.seed)]
    words += ["--timelines", str(result.timelines), "--backend", result.backend]
    return shlex.join([*words, "--ideal"] if result.ideal else words)


def _plan(program: str, network_path: str | None, *, seed: int) -> Plan:
    """The plan that the file holds, or the plan for the circuit that it holds."""
    path_text(_PROGRAM, program, of="an OpenQASM file or a plan.json")
    refuse_two_from_stdin(program, network_path)
    content = streamed(program)
    file = STDIN if program == "-" else program
    if _is_plan(program, content):
        with needing("program", file, content), working("checking the plan again ..."):
            plan = plan_from(program, content)
        _refuse_another_network(plan, network_path)
        return plan
    if network_path is None:
        with needing("program", file, content):
            raise SpecError(f"a circuit needs --network NET; {_examples()}", file=file)
    network = network_from(network_path)
    circuit = circuit_from(program, name=_PROGRAM, content=content)
    with naming(program, network_path), working("distributing the circuit ..."):
        return interlace.distribute(circuit, network, seed=seed)


def _is_plan(program: str, content: bytes | None) -> bool:
    """Whether the file is meant as JSON: by its name, or as no circuit starts with a bracket.

    Args:
        program: the file.
        content: what came out of it, where that can be read only once.

    Raises:
        SpecError: it cannot be read, or holds nothing.
    """
    try:
        head = _head(program) if content is None else content
    except OSError as error:
        raise SpecError(f"cannot be read: {error.strerror}", file=program) from error
    if not head:
        rule = (
            "is empty: needs a circuit in OpenQASM 2 or 3, stim, or QPY, or a plan that "
            "`distribute -o` wrote"
        )
        raise SpecError(rule, file=program)
    looks_so = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"["))
    return looks_so or program.lower().endswith(".json")


def _head(program: str) -> bytes:
    with open(program, "rb") as file:
        return file.read(256)


def _refuse_another_network(plan: Plan, network_path: str | None) -> None:
    if network_path is None:
        return
    network = network_from(network_path)
    if network.content_id() != plan.network.content_id():
        raise SpecError(
            f"is not the network that the plan was made for ({plan.network.name!r}): leave out "
            "--network, or distribute the circuit over this one",
            value=network.name,
            file=network_path,
        )


def _examples() -> str:
    """Where networks of machines to try with can be found; others hand out keys only."""
    checkout = Path(__file__).parents[3]
    for folder in (Path("examples"), checkout / "examples"):
        files = sorted(folder.glob("*.yaml"))
        found = [str(path) for path in files if "\nmachines:" in path.read_text()]
        if found:
            return f"examples: {', '.join(found)}"
    return "`interlace network new` makes one"
