"""Clifford programs at any size: Pauli frames, 64 shots a machine word.

One noiseless list of results is found once for a program
(`interlace.runtime.stabilizers`), and the program is made into arrays once;
each timeline then costs a pass of compiled loops (`interlace.runtime.frame_loops`)
over its rows, whatever its noise is. Nothing is written as text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from interlace.compiler import Executable
from interlace.errors import InfeasibleError
from interlace.kernel import ByteArray, content_id, stream
from interlace.runtime.frame_loops import Frames, Stream, Taps, flipped_words, push, unpack
from interlace.runtime.frame_rates import FrameRates, rates_of
from interlace.runtime.frame_rows import FrameRows, Words, rows_of
from interlace.runtime.ports import Estimate, Noise, Observables, Samples, SimulationJob
from interlace.runtime.stabilizers import outcomes_of
from interlace.runtime.stim_backend import TWIRLED, StimSimulator
from interlace.runtime.tableau import tableau_reference

__all__ = ["FramesSimulator"]

_PASS_WORDS = 2**22
"""Words held at once, of everything: 32 MB."""

_MOST_WORDS = 256
"""Words of shots that go side by side: longer rows leave the cache."""

_SECONDS_TO_START = 0.5
"""Loading the compiled loops."""

_SECONDS_PER_ROW = 5e-6
"""The reference and the arrays, once."""

_SECONDS_PER_PASS_ROW = 1.5e-7
"""Noise and the loops themselves, for each row of each timeline."""

_SECONDS_PER_WORD = 3e-8
"""For each row and word of 64 shots."""

_SECONDS_PER_BIT = 1e-9
"""Writing out one bit of one shot."""

_BYTES_PER_ROW = 1000
"""The program, its noise and the search for a reference: measured."""

_MOST_DENSE_QUBITS = 20_000
"""Programs whose stabilizers are dense get a reference from a tableau up to here: 16 s, 220 MB."""

_WORK = 10**7
"""Entries of sparse stabilizers that are looked at before a tableau is taken: 1 s or a few."""

_ALL = np.uint64(2**64 - 1)


@dataclass(frozen=True, slots=True)
class FramesSimulator:
    """Pauli frames beside one noiseless shot."""

    @property
    def name(self) -> str:
        """`frames`."""
        return "frames"

    @property
    def follows_products(self) -> bool:
        """It does: they are read off the frames."""
        return True

    @property
    def approximations(self) -> tuple[str, ...]:
        """Relaxation is twirled. Readout and corrections are exact: shots know their results."""
        return (TWIRLED,)

    def refusal(self, program: Executable) -> str | None:
        """Names the first gate that is not Clifford, or a condition that is no Pauli."""
        refused = StimSimulator().refusal(program)
        if refused is not None or len(program.node) <= _MOST_DENSE_QUBITS:
            return refused
        return _DENSE if _known(program).reference is None else None

    def estimate(
        self, program: Executable, *, shots: int, timelines: int, noise: Noise | None
    ) -> Estimate:
        """Linear in the operations, for each timeline and each word of shots."""
        del noise  # channels cost as much as the gates at most
        rows, qubits, bits = len(program.ops), len(program.node), program.num_program_bits
        each = -(-shots // max(1, timelines))
        words = -(-each // 64)
        seconds = _SECONDS_TO_START + _SECONDS_PER_ROW * rows + _SECONDS_PER_BIT * shots * bits
        seconds += timelines * rows * (_SECONDS_PER_PASS_ROW + _SECONDS_PER_WORD * words)
        held = min(_PASS_WORDS, (3 * qubits + program.num_bits + rows) * words)
        return Estimate(
            seconds=seconds, bytes=80_000_000 + 8 * held + _BYTES_PER_ROW * rows + 2 * each * bits
        )

    def sample(self, job: SimulationJob) -> Samples:
        """Program bits of every shot, and where noise flipped the observables."""
        known, program = _known(job.program), job.program
        if known.reference is None:
            raise InfeasibleError(f"frames cannot run this program: {_DENSE}")
        rates = rates_of(program, job.noise)
        watched = _Watched.of(job.observables)
        rng = stream(job.seed, "frames")
        bits = np.zeros((job.shots, program.num_program_bits), dtype=np.uint8)
        flips = np.zeros((job.shots, len(watched)), dtype=np.uint8)
        for begin, end in _passes(program, known.rows, watched, job.shots):
            frames = _pushed(program, known, known.reference, rates, watched.taps, end - begin, rng)
            unpack(frames.read[: program.num_program_bits], bits[begin:end])
            unpack(watched.flips(frames), flips[begin:end])
        return Samples(bits=bits, flips=None if job.observables is None else flips)


_DENSE = (
    f"its stabilizers are too dense to find a noiseless shot of more than {_MOST_DENSE_QUBITS:,} "
    f"qubits"
)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is the same for all jobs of a program; no reference: its stabilizers are too dense."""

    rows: FrameRows
    reference: ByteArray | None


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """Programs that are the same thing are equal: a worker process gets a copy with each job."""

    program: Executable
    content: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.content == other.content

    def __hash__(self) -> int:
        return hash(self.content)


@lru_cache(maxsize=4)
def _known(program: Executable) -> _Known:
    return _known_of(_Same(program, content_id((program.ops, len(program.node)))))


@lru_cache(maxsize=4)
def _known_of(same: _Same) -> _Known:
    program = same.program
    return _Known(rows=rows_of(program), reference=_reference(program))


def _reference(program: Executable) -> ByteArray | None:
    """The result of each measurement in one shot without noise; `None`: it takes too much."""
    is_small = len(program.node) <= _MOST_DENSE_QUBITS
    outcomes = outcomes_of(program, work=_WORK if is_small else None)
    if outcomes is not None:
        return outcomes.reference
    if not is_small:
        return None
    return tableau_reference(program)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watched:
    """Observables whose taps are in the order of the rows."""

    taps: Taps
    products: Observables | None

    @staticmethod
    def of(observables: Observables | None) -> _Watched:
        if observables is None:
            nothing = np.zeros(0, dtype=np.int64)
            return _Watched(taps=Taps(qubit=nothing, row=nothing), products=None)
        order = np.argsort(observables.tap_row, kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        return _Watched(
            taps=Taps(qubit=observables.tap_qubit[order], row=observables.tap_row[order]),
            products=replace(observables, tap=place[observables.tap]),
        )

    def __len__(self) -> int:
        return 0 if self.products is None else len(self.products)

    def flips(self, frames: Frames) -> Words:
        found = np.zeros((len(self), frames.x.shape[1]), dtype=np.uint64)
        if self.products is not None:
            made = self.products
            flipped_words(frames, made.start, made.tap, made.pauli, found)
        return found


def _passes(
    program: Executable, rows: FrameRows, watched: _Watched, shots: int
) -> Iterator[tuple[int, int]]:
    """The shots in runs that fit the memory; how long they are depends on the program alone."""
    width = 3 * len(program.node) + program.num_bits + rows.births
    width += 2 * len(watched.taps.row) + len(watched)
    step = 64 * max(1, min(_MOST_WORDS, _PASS_WORDS // max(1, width)))
    for begin in range(0, shots, step):
        yield begin, min(begin + step, shots)


def _pushed(
    program: Executable,
    known: _Known,
    reference: ByteArray,
    rates: FrameRates,
    taps: Taps,
    shots: int,
    rng: Stream,
) -> Frames:
    """The frames of some shots at the end of the program."""
    words = -(-shots // 64)

    def zeros(rows: int) -> Words:
        return np.zeros((rows, words), dtype=np.uint64)

    def random(rows: int) -> Words:
        return rng.integers(0, _ALL, size=(rows, words), dtype=np.uint64, endpoint=True)

    frames = Frames(
        x=zeros(len(program.node)),
        z=random(len(program.node)),
        read=zeros(program.num_bits),
        expected=np.zeros(program.num_bits, dtype=np.uint64),
        tap_x=zeros(len(taps.row)),
        tap_z=zeros(len(taps.row)),
    )
    births = random(known.rows.births)
    push(known.rows, rates, frames, taps, reference, births, shots, rng)
    return frames
