"""Programs with any gate, up to some thirty qubits at once: Qiskit Aer.

Every operation and every channel is written out, gate by gate, from the
deferred form of the program (`interlace.runtime.deferral`); no transpiler sees
it. Channels:

- waiting: relaxation and dephasing exactly, by the Kraus operators
  diag(1, exp(-t/T2)), sqrt(gamma) |0><1| and sqrt(1 - gamma - exp(-2t/T2)) |1><1|
  with gamma = 1 - exp(-t/T1) (Nielsen and Chuang, section 8.3; T2 <= 2 T1);
- gates: depolarising, with the average infidelity that the device states;
- readout: the record of the bit is flipped, with different probabilities for
  0 and 1, by the Kraus operators of that classical channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from interlace.circuit import GATES, NO_BIT, matrix
from interlace.compiler import Executable
from interlace.errors import InfeasibleError, InvariantError
from interlace.kernel import BoolArray, ByteArray, FloatArray, IntArray, stream
from interlace.runtime.bonds import shot_time
from interlace.runtime.deferral import Deferred, Reuse, deferred
from interlace.runtime.feedforward import HALVED
from interlace.runtime.lives import EMPTIED
from interlace.runtime.ports import Estimate, Noise, Samples, SimulationJob

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["METHODS", "AerSimulator", "final_probabilities"]

METHODS = {
    "aer-statevector": "statevector",
    "aer-density": "density_matrix",
    "aer-mps": "matrix_product_state",
}
"""Aer's name of the method behind each backend."""

_NATIVE = frozenset(
    {"ccx", "cp", "cu1", "cx", "cy", "cz", "ecr", "h", "id", "p", "r", "rx", "rxx", "ry", "ryy"}
    | {"rz", "rzx", "rzz", "s", "sdg", "swap", "sx", "sxdg", "t", "tdg", "u", "u1", "u2", "u3"}
    | {"x", "y", "z"}
)
"""Gates that all methods carry out by name; the others go in as matrices."""

_MOST_ALIKE = 26
"""Slots up to which branches are made alike at the price of further slots: 1 GB."""

_CUT = "Matrix product states are exact up to singular values below 1e-8, which are cut off."

_CONTROLLED = {"x": "cx", "y": "cy", "z": "cz"}

_MOST_QUBITS = {"aer-statevector": 32, "aer-density": 15, "aer-mps": 1000}

_CHANNELS = ("idle", "flip", "error")

_MOST_EXPONENT = 200
"""Of 2, in estimates: beyond all memories, and its square is still a float."""

_RUN_S = 0.03
"""What one call of Aer costs."""

_MOST_REFERENCE_SLOTS = 22
_MOST_REFERENCE_S = 20.0
"""The exact reference is left out where it would take more."""

_WORTH_FOLLOWING = 10
"""Slots fewer from which on it pays to follow each ideal shot by itself: 2^10 is a run's shots."""

_BRANCH_BUDGET_S = 0.75
"""An ideal job follows more than one measurement branch only while that takes less."""


@dataclass(frozen=True, slots=True)
class AerSimulator:
    """One of Aer's methods: `aer-statevector`, `aer-density` or `aer-mps`."""

    name: str

    @property
    def follows_products(self) -> bool:
        """It follows results alone."""
        return False

    @property
    def approximations(self) -> tuple[str, ...]:
        """What is averaged, and what an emptied place is taken to hold."""
        return (HALVED, EMPTIED, _CUT) if self.name == "aer-mps" else (HALVED, EMPTIED)

    def refusal(self, program: Executable) -> str | None:
        """A condition on more than one qubit, or more qubits than the method can hold."""
        ops = program.ops
        wide = np.flatnonzero((ops.condition != NO_BIT) & (np.diff(ops.start) > 1))
        if len(wide):
            return f"operation {wide[0]} is a conditioned gate on more than one qubit"
        slots = self._deferred(program, ideal=False).slots
        most = _MOST_QUBITS[self.name]
        if slots > most:
            alive = deferred(program, hold=False).slots
            held = "" if alive == slots else ", as measured qubits are kept to the end"
            return f"{slots} qubits have to be held at once{held}; it holds at most {most}"
        return None

    def estimate(
        self, program: Executable, *, shots: int, timelines: int, noise: Noise | None
    ) -> Estimate:
        """From constants measured once on a 2020s server core; within a factor of three or so.

        Of matrix product states where their bonds stay small; else it is the most it can take.
        """
        form = self._deferred(program, ideal=noise is None)
        plain, noisy = _counts(program, form, noise)
        seconds = timelines * (_RUN_S + 5e-5 * (plain + noisy))
        size = _dimension(form.slots)
        if self.name == "aer-density":
            size = size**2
            seconds += timelines * (plain + noisy) * (2e-6 + 15e-9 * size)
        elif self.name == "aer-statevector":
            if noise is None:
                form, branches = _ideally(program, -(-shots // timelines))
                shots, size = timelines * branches, _dimension(form.slots)
            seconds += shots * _shot_s(program, form, noise)
        else:
            acts = _acting(program, noise)
            moves = [
                move
                for move in form.moves
                if move.kind not in _CHANNELS or (acts and acts[move.kind][move.index])
            ]
            circuit = _circuit(program, form, noise)
            shot_s, bond = shot_time(circuit, moves, slots=form.slots)
            size = form.slots * bond**2 * 2
            seconds += shots * shot_s
        return Estimate(seconds=seconds, bytes=int(150e6 + 32 * size))

    def sample(self, job: SimulationJob) -> Samples:
        """Program bits of every shot; observables are not followed."""
        program = job.program
        if program.num_program_bits == 0 or job.shots == 0:
            return Samples(bits=np.zeros((job.shots, program.num_program_bits), dtype=np.uint8))
        form = self._deferred(program, ideal=job.noise is None)
        if job.noise is None and self.name == "aer-statevector":
            form, branches = _ideally(program, job.shots)
            if branches < job.shots:
                return Samples(bits=_sample_branches(program, form, branches, job))
        qc = _circuit(program, form, job.noise)
        result = _run(METHODS[self.name], qc, shots=job.shots, seed=job.seed)
        return Samples(bits=_unpacked(result.data.memory, program.num_program_bits))

    def _deferred(self, program: Executable, *, ideal: bool) -> Deferred:
        return _form(program, only_held=self.name == "aer-density", ideal=ideal)


@lru_cache(maxsize=16)
def _form(program: Executable, *, only_held: bool, ideal: bool) -> Deferred:
    """Program bits wait for the end where that costs little, or saves following every shot."""
    held = deferred(program, hold=True)
    if only_held:
        return held
    freed = deferred(program, hold=False)
    worth = _WORTH_FOLLOWING if ideal else 0
    return freed if held.slots - freed.slots > worth else held


def _counts(program: Executable, form: Deferred, noise: Noise | None) -> tuple[int, int]:
    """How many operations, and how many channels that do something."""
    acts = _acting(program, noise)
    channels = [move for move in form.moves if move.kind in _CHANNELS]
    noisy = sum(bool(acts[move.kind][move.index]) for move in channels) if acts else 0
    return len(form.moves) - len(channels), noisy


def _acting(program: Executable, noise: Noise | None) -> dict[str, BoolArray]:
    """Which channels of each kind do something; nothing in an ideal run."""
    if noise is None:
        return {}
    return {
        "idle": (noise.idle_s > 0) & np.isfinite(noise.t2_s[program.ops.operands]),
        "flip": noise.readout.sum(axis=1) > 0,
        "error": noise.gate_error > 0,
    }


def _dimension(slots: int) -> float:
    """Amplitudes of a state vector; beyond all memories it no longer grows."""
    return 2.0 ** min(slots, _MOST_EXPONENT)


def _shot_s(program: Executable, form: Deferred, noise: Noise | None) -> float:
    """Seconds that a state vector takes for one shot."""
    plain, noisy = _counts(program, form, noise)
    size = _dimension(form.slots)
    return plain * (1.5e-6 + 4.6e-9 * size) + noisy * (2e-6 + 12e-9 * size)


@lru_cache(maxsize=16)
def _ideally(program: Executable, shots: int) -> tuple[Deferred, int]:
    """How to follow a state vector without noise: the form, and in how many branches.

    With no slot given up but those of the plan's own outcomes, every branch has the same
    probabilities at its end, and one tells them all; more are followed while that is quick. That
    may take more slots than following every shot by itself, and then the quicker way is taken.
    """
    alike = deferred(program, hold=True, reuse=Reuse.OWN)
    each = _form(program, only_held=False, ideal=True)
    alike_s, each_s = _shot_s(program, alike, None), _shot_s(program, each, None)
    one_s = alike_s + _RUN_S
    if shots * each_s <= max(one_s, _BRANCH_BUDGET_S) or alike.slots > max(each.slots, _MOST_ALIKE):
        return each, shots
    if not any(move.kind == "reset" for move in alike.moves):
        return alike, 1  # nothing is random before the end
    return alike, max(1, min(shots - 1, int(_BRANCH_BUDGET_S / one_s)))


def _sample_branches(
    program: Executable, form: Deferred, branches: int, job: SimulationJob
) -> ByteArray:
    """Follow some measurement branches, and draw several shots from the state at each one's end."""
    from qiskit_aer.library import SaveStatevector

    final = {move.index: move.slots[0] for move in form.moves if move.kind == "measure"}
    bits = sorted(final)
    columns = np.array([final[bit] for bit in bits])
    random = stream(job.seed, "branches")
    taken = np.zeros((job.shots, program.num_program_bits), dtype=np.uint8)
    qc = _circuit(program, form, None, measured=False)
    qc.append(SaveStatevector(form.slots), qc.qubits)
    edges = np.linspace(0, job.shots, branches + 1).round().astype(int)
    for branch, (begin, end) in enumerate(pairwise(edges.tolist())):
        result = _run("statevector", qc, shots=1, seed=job.seed + branch)
        weights = np.abs(np.asarray(result.data.statevector)) ** 2
        chosen = np.searchsorted(np.cumsum(weights), random.random(end - begin) * weights.sum())
        chosen = np.minimum(chosen, len(weights) - 1)
        taken[begin:end, bits] = (chosen[:, None] >> columns) & 1
    return taken


def final_probabilities(program: Executable) -> tuple[IntArray, FloatArray] | None:
    """The exact joint distribution of the program's bits, without noise.

    Every measurement is deferred to the end and no slot is used twice, so nothing is random on
    the way and one state vector tells all.

    Returns:
        The bits that are measured, ascending, and a probability for each number that they form,
        the first bit lowest; `None` if the state vector is too large or takes too long.
    """
    from qiskit_aer.library import SaveStatevector

    form = deferred(program, hold=True, reuse=Reuse.NONE)
    if form.slots > _MOST_REFERENCE_SLOTS or _shot_s(program, form, None) > _MOST_REFERENCE_S:
        return None
    final = {move.index: move.slots[0] for move in form.moves if move.kind == "measure"}
    bits = sorted(final)
    qc = _circuit(program, form, None, measured=False)
    qc.append(SaveStatevector(form.slots), qc.qubits)
    result = _run("statevector", qc, shots=1, seed=0)
    weights = np.abs(np.asarray(result.data.statevector)) ** 2
    numbers = np.zeros(len(weights), dtype=np.int64)
    for k, bit in enumerate(bits):
        numbers |= ((np.arange(len(weights)) >> final[bit]) & 1) << k
    p = np.bincount(numbers, weights=weights, minlength=1 << len(bits))
    return np.array(bits, dtype=np.int64), p / p.sum()


def _run(method: str, qc: QuantumCircuit, *, shots: int, seed: int) -> Any:  # noqa: ANN401
    from qiskit_aer import AerSimulator as Aer

    backend = Aer(method=method, max_parallel_threads=1)
    outcome = backend.run(qc, shots=shots, seed_simulator=seed % 2**63, memory=True).result()
    if not outcome.success:
        reason = outcome.results[0].status if outcome.results else outcome.status
        if "memory" in str(reason).lower():
            msg = f"the simulator ran out of memory ({reason}): use a smaller circuit, or aer-mps"
            raise InfeasibleError(msg)
        msg = f"Aer refused a circuit: {reason}"
        raise InvariantError(msg)
    return outcome.results[0]


def _unpacked(memory: list[str], width: int) -> ByteArray:
    size = -(-width // 8)
    packed = b"".join(int(word, 16).to_bytes(size, "little") for word in memory)
    rows = np.frombuffer(packed, dtype=np.uint8).reshape(len(memory), size)
    return np.unpackbits(rows, axis=1, bitorder="little")[:, :width]


def _circuit(
    program: Executable, form: Deferred, noise: Noise | None, *, measured: bool = True
) -> QuantumCircuit:
    """The deferred program with one timeline's channels, as Aer's circuit."""
    from qiskit import QuantumCircuit
    from qiskit.circuit import Measure, Reset
    from qiskit.circuit.library import CXGate, HGate

    qc = QuantumCircuit(form.slots, program.num_program_bits)
    measure, reset, cx, h = Measure(), Reset(), CXGate(), HGate()

    def put(operation: Any, slots: tuple[int, ...], bits: tuple[int, ...] = ()) -> None:  # noqa: ANN401
        qc.append(operation, slots, bits, copy=False)

    for move in form.moves:
        if move.kind == "gate":
            op = program.ops[move.index]
            put(_gate(op.name, op.params), move.slots)
        elif move.kind == "control":
            op = program.ops[move.index]
            put(_controlled(form.pauli.get(move.index), op.name, op.params), move.slots)
        elif move.kind == "copy":
            put(cx, move.slots)
        elif move.kind == "reset":
            put(reset, move.slots)
        elif move.kind == "ebit":
            put(h, move.slots[:1])
            put(cx, move.slots)
            if noise is not None and noise.pair_state[move.index, 0] < 1.0:
                put(_pauli_channel(tuple(noise.pair_state[move.index].tolist())), move.slots[1:])
        elif move.kind == "measure":
            if measured:
                put(measure, move.slots, (move.index,))
        elif noise is not None and (channel := _channel(program, noise, move.kind, move.index)):
            put(channel, move.slots)
    return qc


def _channel(program: Executable, noise: Noise, kind: str, index: int) -> Any | None:  # noqa: ANN401
    """The channel of an `idle`, `flip` or `error`; `None` where nothing happens."""
    if kind == "idle":
        qubit = int(program.ops.operands[index])
        idle = float(noise.idle_s[index])
        t1, t2 = float(noise.t1_s[qubit]), float(noise.t2_s[qubit])
        return _relaxation(idle, t1, t2) if idle > 0 and t2 < np.inf else None
    if kind == "flip":
        to_one, to_zero = noise.readout[index].tolist()
        return _misreading(to_one, to_zero) if to_one + to_zero > 0 else None
    error = float(noise.gate_error[index])
    if program.ops.condition[index] != NO_BIT:
        error /= 2
    qubits = int(program.ops.start[index + 1] - program.ops.start[index])
    return _depolarising(error, qubits) if error > 0 else None


@lru_cache(maxsize=64)
def _gate_class(name: str) -> Any:  # noqa: ANN401
    from qiskit.circuit.library import get_standard_gate_name_mapping

    return get_standard_gate_name_mapping()[name].base_class


@lru_cache(maxsize=4096)
def _gate(name: str, params: tuple[float, ...]) -> Any:  # noqa: ANN401
    if name in _NATIVE:
        return _gate_class(name)(*params)
    return _unitary(matrix(name, params), GATES[name].qubits)


@lru_cache(maxsize=256)
def _controlled(pauli: str | None, name: str, params: tuple[float, ...]) -> Any:  # noqa: ANN401
    """A one-qubit gate controlled by the first operand."""
    if pauli in _CONTROLLED:
        return _gate_class(_CONTROLLED[pauli])()
    one = np.eye(2)
    on, off = np.diag([0.0, 1.0]), np.diag([1.0, 0.0])
    return _unitary(np.kron(one, off) + np.kron(matrix(name, params), on), 2)


def _unitary(values: NDArray[np.complex128], qubits: int) -> Any:  # noqa: ANN401
    from qiskit.circuit import Instruction

    return Instruction("unitary", qubits, 0, [np.array(values, dtype=np.complex128)])


def _kraus(*operators: list[list[float]]) -> Any:  # noqa: ANN401
    from qiskit.circuit import Instruction

    return Instruction("kraus", 1, 0, [np.array(k, dtype=np.complex128) for k in operators])


def _relaxation(idle_s: float, t1_s: float, t2_s: float) -> Any:  # noqa: ANN401
    coherence = float(np.exp(-idle_s / t2_s))
    decayed = float(-np.expm1(-idle_s / t1_s))
    dephased = max(0.0, float(np.exp(-idle_s / t1_s)) - coherence**2)
    return _kraus(
        [[1.0, 0.0], [0.0, coherence]],
        [[0.0, decayed**0.5], [0.0, 0.0]],
        [[0.0, 0.0], [0.0, dephased**0.5]],
    )


@lru_cache(maxsize=4096)
def _misreading(to_one: float, to_zero: float) -> Any:  # noqa: ANN401
    return _kraus(
        [[(1 - to_one) ** 0.5, 0.0], [0.0, 0.0]],
        [[0.0, 0.0], [to_one**0.5, 0.0]],
        [[0.0, 0.0], [0.0, (1 - to_zero) ** 0.5]],
        [[0.0, to_zero**0.5], [0.0, 0.0]],
    )


@lru_cache(maxsize=4096)
def _depolarising(infidelity: float, qubits: int) -> Any:  # noqa: ANN401
    """Aer's channel (1 - p) rho + p 1/d has the average infidelity p (d - 1) / d."""
    from qiskit_aer.noise import depolarizing_error

    size = 2.0**qubits
    p = min(infidelity * size / (size - 1), size**2 / (size**2 - 1))
    return depolarizing_error(p, qubits).to_instruction()


@lru_cache(maxsize=4096)
def _pauli_channel(state: tuple[float, ...]) -> Any:  # noqa: ANN401
    from qiskit_aer.noise import pauli_error

    return pauli_error(list(zip("IXYZ", state, strict=True))).to_instruction()
