"""A plain state-vector simulator, and random joint programs: what the tests of routing share."""

from __future__ import annotations

import functools
import random
from collections.abc import Sequence

import numpy as np
from qiskit.circuit.library import (
    CU1Gate,
    CU3Gate,
    U1Gate,
    U2Gate,
    U3Gate,
    get_standard_gate_name_mapping,
)

from interlace.circuit import GATES, NO_BIT, Op, OpTable, Register
from interlace.compiler import CellRegister, Executable, JointProgram, MachineProgram, Role
from interlace.network import Device, GateProfile, Machine, Network, Readout

OLD = {"u1": U1Gate, "u2": U2Gate, "u3": U3Gate, "cu1": CU1Gate, "cu3": CU3Gate}


@functools.lru_cache(maxsize=100_000)
def matrix(name: str, params: tuple[float, ...] = ()) -> np.ndarray:
    """Qiskit's matrix, with the first operand as the most significant bit."""
    kind = OLD.get(name) or get_standard_gate_name_mapping()[name].base_class
    gate = kind(*params)
    n = gate.num_qubits
    axes = [*range(n - 1, -1, -1), *range(2 * n - 1, n - 1, -1)]
    tensor = np.asarray(gate.to_matrix(), dtype=complex).reshape((2,) * (2 * n))
    return tensor.transpose(axes).reshape(2**n, 2**n)


def unitary(gates: Sequence[tuple[str, tuple[int, ...], tuple[float, ...]]], n: int) -> np.ndarray:
    """The matrix of (name, operands, params) in order, operand 0 most significant."""
    state = np.eye(2**n, dtype=complex).reshape((2,) * n + (2**n,))
    for name, operands, params in gates:
        state = applied(state, matrix(name, params), operands)
    return state.reshape(2**n, 2**n)


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Largest entry of a - b once their global phases agree."""
    index = np.unravel_index(np.argmax(np.abs(b)), b.shape)
    phase = a[index] / b[index]
    return float(np.abs(a - phase / abs(phase) * b).max())


def applied(state: np.ndarray, gate: np.ndarray, operands: Sequence[int]) -> np.ndarray:
    k = len(operands)
    tensor = gate.reshape((2,) * (2 * k))
    moved = np.tensordot(tensor, state, axes=(range(k, 2 * k), operands))
    return np.moveaxis(moved, range(k), operands)


def simulated(
    ops: OpTable, qubits: int, rows: Sequence[int], num_bits: int, seed: int
) -> tuple[np.ndarray, list[int]]:
    """One measurement branch; the outcome at a joint row depends on seed, row and probability."""
    state = np.zeros((2,) * qubits, dtype=complex)
    state[(0,) * qubits] = 1.0
    bits = [0] * num_bits
    for op, row in zip(ops, rows, strict=True):
        if op.condition != NO_BIT and not bits[op.condition]:
            continue
        if op.name in ("measure", "reset"):
            (qubit,) = op.operands
            halves = np.moveaxis(state, qubit, 0)
            one = float(np.sum(np.abs(halves[1]) ** 2))
            draw = 1e-9 if op.name == "reset" else random.Random(f"{seed} {row}").random()
            outcome = int(1 - one < 1e-9 if op.name == "reset" else draw < one)
            kept = halves[outcome] / np.linalg.norm(halves[outcome])
            empty = np.zeros_like(kept)
            after = [empty, empty]
            after[0 if op.name == "reset" else outcome] = kept
            state = np.moveaxis(np.stack(after), 0, qubit)
            if op.name == "measure":
                bits[op.clbit] = outcome
        elif op.name == "ebit":
            a, b = op.operands
            fresh = np.moveaxis(state, (a, b), (0, 1))[0, 0]
            assert np.isclose(np.linalg.norm(fresh), 1.0), "an ebit on qubits that were not reset"
            state = applied(applied(state, matrix("h"), [a]), matrix("cx"), [a, b])
        else:
            state = applied(state, matrix(op.name, op.params), op.operands)
    return state, bits


def reduced(state: np.ndarray, qubits: Sequence[int]) -> np.ndarray:
    """Density matrix of these qubits, in this order."""
    kept = np.moveaxis(state, qubits, range(len(qubits))).reshape(2 ** len(qubits), -1)
    return kept @ kept.conj().T


def assert_same_computation(
    joint: JointProgram,
    programs: Sequence[MachineProgram],
    executable: Executable,
    seed: int,
) -> None:
    """On one branch, the data cells' state is the same, where the final layout says."""
    num_bits = sum(register.size for register in joint.clbit_registers)
    cells = sum(register.size for register in joint.registers)
    state, bits = simulated(joint.ops, cells, range(len(joint.ops)), num_bits, seed)
    place = {
        (int(node), int(qubit)): i
        for i, (node, qubit) in enumerate(
            zip(executable.node, executable.device_qubit, strict=True)
        )
    }
    layout = {cell: (p.node, qubit) for p in programs for cell, qubit in p.final_layout}
    data, first = [], 0
    for register in joint.registers:
        if register.role is Role.DATA:
            data += range(first, first + register.size)
        first += register.size
    for cell in data:
        place.setdefault(layout[cell], len(place))
    local, local_bits = simulated(
        executable.ops, len(place), executable.joint_op.tolist(), num_bits, seed
    )
    assert local_bits == bits
    assert executable.num_program_bits == joint.num_program_bits
    there = reduced(local, [place[layout[cell]] for cell in data])
    np.testing.assert_allclose(there, reduced(state, data), atol=1e-9)


def device(
    qubits: int,
    coupling: Sequence[tuple[int, int]] | None = None,
    natives: Sequence[str] = (),
    at: dict[str, tuple] | None = None,
    name: str = "device",
) -> Device:
    """A device with these native gates; times and errors that tell them apart."""
    return Device(
        name=name,
        qubits=qubits,
        coupling=None if coupling is None else tuple(coupling),
        gates=tuple(
            GateProfile(name=gate, time_s=1e-8 * (i + 1), error=1e-3, at=(at or {}).get(gate, ()))
            for i, gate in enumerate(natives)
        ),
        readout=Readout(time_s=1e-6, error_0=(0.01,) * qubits, error_1=(0.02,) * qubits)
        if natives
        else None,
    )


def network(*machines: tuple[Device, tuple[int, ...] | None]) -> Network:
    """Machines m0, m1, ...: devices and their communication qubits."""
    return Network(
        name="test",
        sites=(),
        machines=tuple(
            Machine(name=f"m{i}", site=None, device=made, communication=communication)
            for i, (made, communication) in enumerate(machines)
        ),
        repeaters=(),
        links=(),
    )


def program(
    ops: Sequence[Op], registers: Sequence[CellRegister], bits: int = 0, internal: int = 0
) -> JointProgram:
    """A joint program with registers `c` of the program's bits and `wire` of internal ones."""
    named = (Register(name="c", size=bits), Register(name="wire", size=internal))
    return JointProgram(
        registers=tuple(registers),
        clbit_registers=tuple(register for register in named if register.size),
        num_program_bits=bits,
        ops=OpTable.of(ops),
        step=np.arange(len(ops), dtype=np.int64),
    )


def registers(*sizes: tuple[int, tuple[int, ...]]) -> tuple[CellRegister, ...]:
    """For each node its data cells and the device qubits of its communication cells."""
    made = []
    for node, (data, homes) in enumerate(sizes):
        made.append(CellRegister(name=f"m{node}_data", node=node, role=Role.DATA, size=data))
        made.append(
            CellRegister(
                name=f"m{node}_comm",
                node=node,
                role=Role.COMMUNICATION,
                size=len(homes),
                device_qubits=homes,
            )
        )
    return tuple(made)


def random_gate(draw: random.Random, cells: Sequence[int], names: Sequence[str]) -> Op:
    """A random gate on some of the cells."""
    fitting = [name for name in names if GATES[name].qubits <= len(cells)]
    gate = GATES[draw.choice(fitting)]
    return Op(
        name=gate.name,
        operands=tuple(draw.sample(list(cells), gate.qubits)),
        params=tuple(draw.uniform(-7, 7) for _ in range(gate.params)),
    )


def random_program(
    seed: int, first: tuple[int, tuple[int, ...]], second: tuple[int, tuple[int, ...]], length: int
) -> JointProgram:
    """Gates, ebits that live for a while in several gates, measurements, corrections, resets.

    A communication cell is measured before it is reset, as in every plan.
    """
    draw = random.Random(seed)
    names = sorted(GATES)
    made = registers(first, second)
    start = first[0] + len(first[1])
    data = (list(range(first[0])), list(range(start, start + second[0])))
    comm = (
        list(range(first[0], start)),
        list(range(start + second[0], start + second[0] + len(second[1]))),
    )
    live: tuple[list[int], list[int]] = ([], [])
    written: list[int] = []
    ops: list[Op] = []
    bits = 2
    for _ in range(length):
        node = draw.randrange(2)
        action = draw.random()
        free = [[cell for cell in comm[k] if cell not in live[k]] for k in (0, 1)]
        if action < 0.2 and free[0] and free[1]:
            ends = tuple(draw.choice(cells) for cells in free)
            ops += [Op(name="reset", operands=(end,)) for end in ends]
            ops.append(Op(name="ebit", operands=ends if draw.random() < 0.5 else ends[::-1]))
            live[0].append(ends[0])
            live[1].append(ends[1])
        elif action < 0.35 and live[node]:
            cell = draw.choice(live[node])
            live[node].remove(cell)
            ops.append(Op(name="measure", operands=(cell,), clbit=bits))
            written.append(bits)
            bits += 1
        elif action < 0.42 and written:
            cells = data[node] + live[node]
            ops.append(
                Op(
                    name=draw.choice("xz"),
                    operands=(draw.choice(cells),),
                    condition=draw.choice(written),
                )
            )
        elif action < 0.46:
            ops.append(Op(name="measure", operands=(draw.choice(data[node]),), clbit=node))
        elif action < 0.49:
            ops.append(Op(name="reset", operands=(draw.choice(data[node]),)))
        else:
            ops.append(random_gate(draw, data[node] + live[node], names))
    for node in (0, 1):
        for cell in live[node]:
            ops.append(Op(name="measure", operands=(cell,), clbit=bits))
            bits += 1
    return program(ops, made, bits=2, internal=bits - 2)
