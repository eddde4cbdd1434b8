"""`interlace distribute`: a circuit and a network become a checked plan."""

from __future__ import annotations

import click

import interlace
from interlace.arguments import SEEDS
from interlace.cli.inputs import circuit_from, naming, network_from, refuse_two_from_stdin
from interlace.cli.kinds import needing
from interlace.cli.options import documents, share, whole
from interlace.cli.outputs import Outputs
from interlace.cli.talk import working

__all__ = ["distribute"]


@click.command()
@click.argument("circuit_path", metavar="CIRCUIT")
@click.option("--network", "network_path", metavar="NET", required=True, help="The network's file.")
@click.option(
    "--assign",
    "assign_path",
    metavar="FILE",
    help="YAML {machine: [qubit, ...]}: keep these qubits there.",
)
@click.option(
    "--min-fidelity",
    metavar="F",
    callback=share,
    help="Least fidelity of every pair, end to end.",
)
@click.option(
    "--seed",
    metavar="S",
    type=str,  # read by `whole`
    callback=whole(SEEDS),
    default=0,
    show_default=True,
    help="Of the search.",
)
@click.option("-o", "plan_path", metavar="FILE", help="Write the plan.")
@documents(
    ("--qasm", "Write the joint program over all machines as OpenQASM 3."),
    ("--json", "Write the plan without its schedule (`-`: to stdout, the table to stderr)."),
)
def distribute(
    *,
    circuit_path: str,
    network_path: str,
    assign_path: str | None,
    min_fidelity: float | None,
    seed: int,
    plan_path: str | None,
    qasm_path: str | None,
    json_path: str | None,
) -> None:
    """Distribute CIRCUIT (OpenQASM 2 or 3, stim, QPY) over a network's machines.

    Prints the plan: where each qubit lives, how many ebits it takes, and what was shown about it.
    """
    outputs = Outputs.of(
        {"-o": plan_path, "--qasm": qasm_path, "--json": json_path},
        inputs=(circuit_path, network_path, assign_path),
    )
    refuse_two_from_stdin(circuit_path, network_path)
    network = network_from(network_path)
    circuit = circuit_from(circuit_path)
    assign = None
    if assign_path is not None:
        from interlace.cli.assign import load_assignment

        with needing("assignment", assign_path):
            assign = load_assignment(assign_path, circuit, network)
    with naming(circuit_path, network_path), working("distributing the circuit ..."):
        plan = interlace.distribute(
            circuit, network, assign=assign, min_fidelity=min_fidelity, seed=seed
        )
    from interlace.compiler import lower, plan_document, to_qasm3
    from interlace.report import plan_table

    click.echo(plan_table(plan), nl=False, err=outputs.takes_stdout)
    if plan_path is not None:
        outputs.write("-o", plan_document(plan, schedule=True))
    if qasm_path is not None:
        outputs.write("--qasm", to_qasm3(lower(plan)).encode())
    if json_path is not None:
        outputs.write("--json", plan_document(plan, schedule=False))
