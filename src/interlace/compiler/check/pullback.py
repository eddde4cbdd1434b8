"""Programs compared by pulling random Paulis back through both, at any size.

Theory of operation
-------------------
A program is a channel from its input qubits to its output qubits and bits. In
the Heisenberg picture it takes an observable at the end, a Pauli product on the
output qubits times the parity of some bits, to an observable at the start
(Gottesman, arXiv:quant-ph/9807006). Going backwards:

======================  ====================================================================
Clifford gate U         P becomes U^dagger P U
X or Z if a bit is 1    if P anticommutes with it, the bit's parity joins P
internal measurement    P on the cell must be I or Z; a parity of its bit becomes Z on the cell
internal reset          P on the cell must be I or Z; it becomes I
======================  ====================================================================

Where P on the cell may not be what it is, the observable has no value whatever
the input was, and the program is refused. Nothing is assumed about outcomes: a
measurement whose bit only corrections read is the same as a CNOT to a fresh
qubit and corrections controlled by it. An `ebit` is H and CX on two cells, so
that both must have been reset.

*Events.* The circuit's own measurements and resets are compared as more than
they are: a measurement is a CNOT to a fresh qubit that is kept, and its bit a
copy of it; a reset takes a fresh qubit in and hands the old state out. So the
reference is an isometry, and two programs that agree so agree as channels, event
by event.

*Probes.* An operation that commutes with a Pauli Q on an operand is there a sum of
I and Q; on an operand where it commutes with none, a sum of the four Paulis. A
*probe* puts a controlled Q (or a controlled X and a controlled Z) there in its
place, the controls being fresh qubits that are kept. Take two programs that are
the same operations of the circuit between whatever else they do. For both, the
operator on a branch of the internal outcomes is linear in each operation. If the
programs with probes are the same channel, the reference being an isometry, then
every branch of the one is a number times the other (Kraus operators of an
isometry are all proportional to it), with one number for all settings of the
controls: that is, for all choices of Paulis in the operations' places, hence for
their sums, hence for the operations themselves. So one Clifford comparison shows
the computation for gates of any kind. Of a gate it asks only what it commutes with.

*Chance.* The observables that have a value form a group, as does every set on
which two homomorphisms agree: the observables with equal images, signs included,
are a subgroup of all. If it is not the whole group it is at most half of it, and
a random observable tells with probability 1/2 at least. 64 are drawn
independently and go side by side, one a bit of a machine word: two programs that
differ pass with a probability of at most 2^-64.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interlace.kernel import IntArray, compiled, stream

__all__ = [
    "EVENT_MEASURE",
    "EVENT_RESET",
    "FALSE_ACCEPTANCE",
    "GATE",
    "IF_X",
    "IF_Z",
    "MEASURE",
    "PROBED",
    "RESET",
    "Drawn",
    "Image",
    "Rows",
    "Words",
    "pull",
]

Words = np.ndarray[tuple[int], np.dtype[np.uint64]]
"""64 lanes side by side, one a bit."""

_Column = np.ndarray[tuple[int], np.dtype[np.int64]]

FALSE_ACCEPTANCE = 2.0**-64

GATE, MEASURE, RESET, EVENT_MEASURE, EVENT_RESET, IF_X, IF_Z, PROBED = range(8)
"""Kinds of row; MEASURE and RESET are internal."""

_DRAW_ONES = np.uint64(2**64 - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A program as the kernel wants it: n rows, in order.

    Attributes:
        kind: one of the kinds above, shape (n,).
        begin, end: each row's operands in `operands`, shape (n,).
        operands: numbers of qubits, or of cells.
        action: row of `linear` and `sign` (GATE), shape (n,).
        linear, sign: actions of Clifford gates, as in `actions`.
        bit: bit written or read (measurements, conditions), shape (n,).
        event: number of the event, the same in both programs, shape (n,).
        probe: number of the first operand's probes; further operands follow, shape (n,).
        axes: for each operand's probes the axes of the operation, as in `axes`.
    """

    kind: IntArray
    begin: IntArray
    end: IntArray
    operands: IntArray
    action: IntArray
    linear: IntArray
    sign: IntArray
    bit: IntArray
    event: IntArray
    probe: IntArray
    axes: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Random observables on what both programs keep, 64 at once.

    Attributes:
        x, z: on the output qubits, shape (Q,) each.
        bits: parities of the bits at the end, shape (B,).
        kept_x, kept_z: on each event's qubit, shape (E,) each.
        controls: X on each probe's control, shape (2 A,).
    """

    x: Words
    z: Words
    bits: Words
    kept_x: Words
    kept_z: Words
    controls: Words

    @staticmethod
    def of(seed: int, name: str, *, qubits: int, bits: int, events: int, operands: int) -> Drawn:
        """Draw them from a stream of their own, all observables with equal probability."""
        rng = stream(seed, "check", name)

        def words(count: int) -> Words:
            return rng.integers(0, _DRAW_ONES, size=count, dtype=np.uint64, endpoint=True)

        return Drawn(
            x=words(qubits),
            z=words(qubits),
            bits=words(bits),
            kept_x=words(events),
            kept_z=words(events),
            controls=words(2 * operands),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What the observables are at the start.

    Attributes:
        x, z: on every qubit or cell.
        bits: parities of bits from before the start.
        event_x, event_z: on what each event took in, shape (E,) each.
        control_z: Z on each probe's control, shape (2 A,).
        sign: of each lane.
        lost_row: the last row at which a lane lost its value, or -1.
    """

    x: Words
    z: Words
    bits: Words
    event_x: Words
    event_z: Words
    control_z: Words
    sign: int
    lost_row: int


def pull(rows: Rows, drawn: Drawn, *, places: IntArray, size: int, bits: int) -> Image:
    """Pull observables back through a program.

    Args:
        rows: the program.
        drawn: the observables.
        places: number of the qubit or cell where each output qubit is, shape (Q,).
        size: how many qubits or cells the program has.
        bits: how many bits it has; `drawn.bits` are the first.
    """
    x, z, parity = (np.zeros(count, dtype=np.uint64) for count in (size, size, bits))
    x[places], z[places] = drawn.x, drawn.z
    parity[: len(drawn.bits)] = drawn.bits
    event_x, event_z = np.zeros_like(drawn.kept_x), np.zeros_like(drawn.kept_z)
    control_z = np.zeros_like(drawn.controls)
    sign, lost = _pull(
        (rows.kind, rows.begin, rows.end, rows.operands),
        (rows.action, rows.linear, rows.sign),
        (rows.bit, rows.event, rows.probe, rows.axes),
        (x, z, parity),
        (drawn.kept_x, drawn.kept_z, event_x, event_z),
        (drawn.controls, control_z),
    )
    return Image(
        x=x,
        z=z,
        bits=parity,
        event_x=event_x,
        event_z=event_z,
        control_z=control_z,
        sign=int(sign),
        lost_row=int(lost),
    )


@compiled
def _pull(
    program: tuple[_Column, _Column, _Column, _Column],
    actions: tuple[_Column, IntArray, _Column],
    links: tuple[_Column, _Column, _Column, _Column],
    state: tuple[Words, Words, Words],
    events: tuple[Words, Words, Words, Words],
    controls: tuple[Words, Words],
) -> tuple[np.uint64, int]:
    kind, begin, end, operands = program
    action, linear, polynomial = actions
    bit, event, probe, axes = links
    x, z, parity = state
    kept_x, kept_z, event_x, event_z = events
    none = np.uint64(0)
    sign = none
    lost = -1
    for row in range(len(kind) - 1, -1, -1):
        what = kind[row]
        a = int(operands[int(begin[row])])
        dead = none
        if what == GATE:
            number = int(action[row])
            b = int(operands[int(end[row]) - 1]) if end[row] - begin[row] == 2 else -1
            sign ^= _through_gate(x, z, a, b, linear[number], int(polynomial[number]))
        elif what == PROBED:
            for i in range(end[row] - begin[row] - 1, -1, -1):
                at, number = int(operands[int(begin[row]) + i]), int(probe[row]) + i
                sign ^= _through_probe(x, z, at, int(axes[number]), number, controls)
        elif what == MEASURE:
            dead = x[a]
            z[a] ^= parity[bit[row]]
            parity[bit[row]] = none
        elif what == RESET:
            dead = x[a]
            x[a] = none
            z[a] = none
        elif what == EVENT_MEASURE:
            e = event[row]
            target = parity[bit[row]] ^ kept_z[e]
            sign ^= x[a] & target & ~(kept_x[e] ^ z[a])
            event_x[e], event_z[e] = kept_x[e] ^ x[a], target
            z[a] ^= target
            parity[bit[row]] = none
        elif what == EVENT_RESET:
            e = event[row]
            event_x[e], event_z[e] = x[a], z[a]
            x[a], z[a] = kept_x[e], kept_z[e]
        elif what == IF_X:
            parity[bit[row]] ^= z[a]
        else:
            parity[bit[row]] ^= x[a]
        if dead != none and lost < 0:
            lost = row
    return sign, lost


@compiled
def _through_gate(
    x: Words, z: Words, a: int, b: int, linear: _Column, polynomial: int
) -> np.uint64:
    """U^dagger P U on one or two operands (b = -1: one); returns the lanes that change sign."""
    none = np.uint64(0)
    bits = (x[a], z[a], x[b] if b >= 0 else none, z[b] if b >= 0 else none)
    x[a], z[a] = _image(bits, linear, 1), _image(bits, linear, 2)
    if b >= 0:
        x[b], z[b] = _image(bits, linear, 4), _image(bits, linear, 8)
    sign = none
    product = 0
    while polynomial:
        if polynomial & 1:
            term = ~none
            for i in range(4):
                if product >> i & 1:
                    term &= bits[i]
            sign ^= term
        polynomial >>= 1
        product += 1
    return sign


@compiled
def _image(
    bits: tuple[np.uint64, np.uint64, np.uint64, np.uint64], linear: _Column, place: int
) -> np.uint64:
    """One bit of the image: the sum of the bits whose images have it."""
    found = np.uint64(0)
    for i in range(4):
        if linear[i] & place:
            found ^= bits[i]
    return found


@compiled
def _through_probe(
    x: Words, z: Words, at: int, axes: int, number: int, controls: tuple[Words, Words]
) -> np.uint64:
    """Back through the controlled Paulis of one operand; returns the lanes that change sign."""
    sent, seen = controls
    none = np.uint64(0)
    sign = none
    if axes in (0, 2):  # controlled Z, the last of the two if both
        seen[2 * number + 1] = x[at]
        sign ^= sent[2 * number + 1] & x[at] & z[at]
        z[at] ^= sent[2 * number + 1]
    if axes in (0, 1):
        seen[2 * number] = z[at]
        sign ^= sent[2 * number] & z[at] & ~x[at]
        x[at] ^= sent[2 * number]
    if axes == 4:
        seen[2 * number] = x[at] ^ z[at]
        sign ^= sent[2 * number] & x[at] & ~z[at]
        x[at] ^= sent[2 * number]
        z[at] ^= sent[2 * number]
    return sign
