"""The front of the compiler: a circuit and a network in, a checked plan out."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np

from interlace.arguments import SEEDS, share, whole, wrong
from interlace.circuit import Circuit, from_qiskit, load_circuit
from interlace.compiler.check import check_machine_programs, check_plan
from interlace.compiler.columns import Emitted
from interlace.compiler.ground import Ground
from interlace.compiler.local import localise
from interlace.compiler.lowering import lower
from interlace.compiler.merging import merge
from interlace.compiler.plan import CellRegister, Plan
from interlace.compiler.program import Executable, JointProgram, MachineProgram
from interlace.compiler.qasm import register_names
from interlace.compiler.search import Search, found
from interlace.compiler.timing import Timing, time_ops
from interlace.errors import InfeasibleError, SpecError
from interlace.kernel import FloatArray, IntArray
from interlace.link import Link, compile_links
from interlace.network import Device, Network
from interlace.routing import ExpectedSupply, Route, best_route
from interlace.units import Fidelity

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["Programs", "distribute", "programs_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """What a plan becomes on its way to hardware."""

    joint: JointProgram
    machines: tuple[MachineProgram, ...]
    executable: Executable


def distribute(
    circuit: Circuit | QuantumCircuit | str | PathLike[str],
    network: Network,
    *,
    assign: Mapping[str, Sequence[int | str]] | None = None,
    min_fidelity: Fidelity | None = None,
    seed: int = 0,
) -> Plan:
    """Distribute a circuit over a network's machines.

    Args:
        circuit: the program: a Qiskit circuit, the path of a circuit file, or what
            `interlace.load_circuit` and `interlace.from_qiskit` give.
        network: the machines and links; see `interlace.load_network`.
        assign: qubits by machine name, each a number or a label such as `q[3]`; qubits left out
            are placed where there is room. `None`: search for the placement with the fewest
            ebits.
        min_fidelity: above 0, at most 1: every ebit between two machines has at least this
            fidelity when fresh (links' states and swapping; waiting and gate errors not included).
        seed: of the search, 0 to 2^63 - 1. Same input and seed, same plan.

    Returns:
        A plan that was checked to be the same computation as the circuit.

    Raises:
        SpecError: an argument of the wrong kind or out of range; the circuit cannot be read or
            distributed; the assignment names an unknown machine or qubit, or one qubit twice.
        InfeasibleError: too few data qubits, no path with that fidelity, too few
            communication qubits, or a machine of a kind that cannot run programs yet.

    Example:
        >>> import interlace as il
        >>> network = il.load_network("examples/three-cities.yaml")
        >>> len(il.distribute("examples/ghz.qasm", network).pairs)
        2
    """
    began = time.perf_counter()
    _refuse_no_network(network)
    seed = whole("seed", seed, SEEDS)
    min_fidelity = None if min_fidelity is None else share("min_fidelity", min_fidelity)
    program = _circuit(circuit)
    _refuse_logical(network)
    _refuse_no_data(network)
    links = compile_links(network)
    routes = _router(network, links, min_fidelity)
    search = Search(program, Ground(network, links, routes, min_fidelity))
    emitted = found(search, assign, seed=seed)
    plan = Plan(
        circuit=program,
        network=network,
        registers=_named(emitted, program),
        placement=emitted.placement,
        pairs=emitted.pairs,
        steps=emitted.steps,
        blocks=emitted.blocks,
        num_bits=emitted.num_bits,
        min_fidelity=min_fidelity,
        seed=seed,
    )
    # What the machines carry out is in the executable too, and large: it is not kept twice.
    programs = dataclasses.replace(programs_of(plan), machines=())
    checked = dataclasses.replace(plan, check=check_plan(plan, programs.joint))
    timed = _timed(checked, programs, links)
    return dataclasses.replace(timed, compile_s=time.perf_counter() - began)


def _circuit(circuit: Circuit | QuantumCircuit | str | PathLike[str]) -> Circuit:
    if isinstance(circuit, Circuit):
        return circuit
    if isinstance(circuit, str | PathLike):
        return load_circuit(circuit)
    try:
        return from_qiskit(circuit)
    except SpecError as error:
        if error.path != "qc":  # a Qiskit circuit, but not one that can be distributed
            raise
        needed = "must be a Qiskit circuit, the path of a circuit file, or a Circuit"
        hint = "`interlace.run` carries out a Plan" if isinstance(circuit, Plan) else ""
        raise wrong("circuit", needed, circuit, hint=hint) from None


def _refuse_no_network(network: object) -> None:
    if isinstance(network, Network):
        return
    path = str(network) if isinstance(network, str | PathLike) else "net.yaml"
    hint = f"`interlace.load_network({path!r})` reads one"
    raise wrong("network", "must be a Network", network, hint=hint)


def programs_of(plan: Plan) -> Programs:
    """The joint program, each machine's own (replayed by the checker), and all of them merged."""
    joint = lower(plan)
    machines = localise(joint, plan.network)
    nodes = plan.network.nodes
    devices = [(program, nodes[program.node].device) for program in machines]
    check_machine_programs(joint, [(p, d) for p, d in devices if isinstance(d, Device)])
    return Programs(
        joint=joint,
        machines=machines,
        executable=merge(joint, machines, _links_of_ebits(plan)),
    )


def _links_of_ebits(plan: Plan) -> IntArray:
    """Link of each `ebit` of the joint program, in its order."""
    return plan.pairs.link[np.argsort(plan.pairs.step, kind="stable")]


def _refuse_logical(network: Network) -> None:
    for machine in network.machines:
        if not isinstance(machine.device, Device):
            msg = (
                f"machine {machine.name} is a logical (error-corrected) one, which can be "
                f"described but not run yet: give it a physical device"
            )
            raise InfeasibleError(msg)


def _refuse_no_data(network: Network) -> None:
    if network.machines and not any(machine.data for machine in network.machines):
        taken = sum(machine.device.qubits for machine in network.machines)
        msg = (
            f"no machine has a data qubit: `communication_qubits` take all {taken} qubits: ask "
            f"for fewer, or use larger machines"
        )
        raise InfeasibleError(msg)


def _router(
    network: Network, links: Sequence[Link], min_fidelity: Fidelity | None
) -> Callable[[int, int], Route]:
    """Best routes, each looked for once."""
    known: dict[tuple[int, int], Route] = {}

    def route(source: int, target: int) -> Route:
        if (source, target) not in known:
            found = best_route(network, links, source, target, min_fidelity=min_fidelity)
            known[source, target] = found
            known[target, source] = dataclasses.replace(
                found, nodes=found.nodes[::-1], links=found.links[::-1]
            )
        return known[source, target]

    return route


def _named(emitted: Emitted, circuit: Circuit) -> tuple[CellRegister, ...]:
    """Registers with names that OpenQASM accepts and nobody else has."""
    names = register_names(
        [register.name for register in emitted.registers],
        taken=[register.name for register in circuit.clbit_registers],
    )
    return tuple(
        dataclasses.replace(register, name=name)
        for register, name in zip(emitted.registers, names, strict=True)
    )


def _timed(plan: Plan, programs: Programs, links: Sequence[Link]) -> Plan:
    """The plan with expected times on its steps."""
    timing = time_ops(programs.executable, plan.network, links, ExpectedSupply(links))
    start, duration = _step_times(plan, programs, timing)
    return dataclasses.replace(
        plan, steps=dataclasses.replace(plan.steps, start_s=start, duration_s=duration)
    )


def _step_times(plan: Plan, programs: Programs, timing: Timing) -> tuple[FloatArray, FloatArray]:
    """Start and duration of each step: of its own operations, its ebit's generation left out."""
    ops = programs.executable.ops
    step = programs.joint.step[programs.executable.joint_op]
    first = np.full(len(plan.steps), np.inf)
    last = np.full(len(plan.steps), -np.inf)
    supply = np.isin(ops.gate, [i for i, name in enumerate(ops.names) if name == "ebit"])
    resets = np.isin(ops.gate, [i for i, name in enumerate(ops.names) if name == "reset"])
    makes_pair = np.zeros(len(programs.joint.ops), dtype=bool)
    joint = programs.joint.ops
    for before in range(3):  # each ebit and the two resets before it
        makes_pair[np.maximum(programs.executable.joint_op[supply] - before, 0)] = True
    own = ~(makes_pair[programs.executable.joint_op] & (supply | resets))
    begin = timing.start_s[:, 0]
    np.minimum.at(first, step[own], begin[own])
    np.maximum.at(last, step[own], begin[own] + timing.duration_s[own])
    if len(joint) and not np.all(np.isfinite(first)):
        first = np.where(np.isfinite(first), first, 0.0)
        last = np.where(np.isfinite(last), last, first)
    return first, last - first
