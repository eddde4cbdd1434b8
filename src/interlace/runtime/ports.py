"""The one way in which the runtime reaches a device or a simulator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from interlace.compiler import Executable
from interlace.kernel import ByteArray, FloatArray, IntArray
from interlace.units import Seconds

__all__ = ["Estimate", "Noise", "Observables", "Samples", "SimulationJob", "Simulator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """The noise that one timeline implies, n operations, Q qubits.

    Attributes:
        gate_error: average gate infidelity of each operation, shape (n,); depolarising.
        idle_s: how long each operand waited, holding a state, since its last operation (for
            the halves of an ebit: since birth); aligned with `ops.operands`.
        t1_s: relaxation time of each qubit, `inf`: never, shape (Q,).
        t2_s: dephasing time of each qubit, `inf`: never, shape (Q,).
        readout: P(1|0) and P(0|1) of each qubit, shape (Q, 2).
        pair_state: Bell-diagonal weights of each `ebit` in order of the operations, shape (P, 4).
    """

    gate_error: FloatArray
    idle_s: FloatArray
    t1_s: FloatArray
    t2_s: FloatArray
    readout: FloatArray
    pair_state: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Observables:
    """Pauli products to follow beside the results: G products of K taps.

    A tap is a qubit at one moment: just before a row acts, after what that row's operands waited.
    A product over taps of several moments is one observable, pulled to those moments.

    Attributes:
        tap_qubit: the qubit of each tap, shape (K,).
        tap_row: the row before which it is; as many as there are rows: at the end, shape (K,).
        start: CSR offsets of the products into `tap` and `pauli`, shape (G + 1,).
        tap: number of a tap, each at most once in a product, shape (N,).
        pauli: what the product has there: 1 X, 2 Y, 3 Z, shape (N,).
    """

    tap_qubit: IntArray
    tap_row: IntArray
    start: IntArray
    tap: IntArray
    pauli: IntArray

    def __len__(self) -> int:
        return len(self.start) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationJob:
    """Shots of one program under one timeline's noise; `noise` `None`: the plan itself, ideal."""

    program: Executable
    noise: Noise | None
    shots: int
    seed: int
    observables: Observables | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """What came out of a job's shots.

    Attributes:
        bits: program bits, bit i in column i, shape (shots, num_program_bits).
        flips: 1 where noise flipped the product, shape (shots, G); `None`: none were asked for,
            or the simulator does not follow any.
    """

    bits: ByteArray
    flips: ByteArray | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a run will take, as far as one can tell beforehand."""

    seconds: Seconds
    bytes: int


class Simulator(Protocol):
    """Runs programs and gives the program's own classical bits."""

    @property
    def name(self) -> str:
        """As the user names it: `stim`, `aer-statevector`, ..."""
        ...

    @property
    def follows_products(self) -> bool:
        """Whether it follows observables beside the results."""
        ...

    @property
    def approximations(self) -> tuple[str, ...]:
        """What it does not simulate exactly (twirled channels, ...), as sentences."""
        ...

    def refusal(self, program: Executable) -> str | None:
        """Why it cannot run the program; `None` if it can."""
        ...

    def estimate(
        self, program: Executable, *, shots: int, timelines: int, noise: Noise | None
    ) -> Estimate:
        """Time and memory that a run will take; `noise` is that of one of the timelines."""
        ...

    def sample(self, job: SimulationJob) -> Samples:
        """Program bits of every shot, and the flips of observables if it follows them."""
        ...
