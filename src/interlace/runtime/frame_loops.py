"""Pauli frames through a noisy Clifford program, 64 shots a machine word.

Theory of operation
-------------------
One shot without noise, the *reference*, is known. Any other shot differs from it
by a Pauli product, its *frame*: x and z of each qubit, one bit of a word for each
shot. A Clifford gate U takes the frame P to U P U^dagger; an error is multiplied
into it; a measurement gives the reference's result, flipped where the frame
anticommutes with Z (Gidney, Quantum 5, 497 (2021), doi:10.22331/q-2021-07-06-497,
section 4.2). Where a result is random, the shots must not all have the reference's:
a product that stabilises the state changes nothing but which of the alike
references is meant, so a random one goes in wherever one comes into being: Z at
every |0> and after every measurement, XX and ZZ on every ebit.

A shot's own results are known here, so what depends on them is exact: each way to
misread has its own probability, a correction acts where the bit as it was read is
1 (in the frame: where it is not what the reference read), and errs only there.

*Errors.* Each channel asks for the next of the shots in which it errs. The gap to
it is geometric: with u uniform in [0, 1) it is floor(log(1 - u) / log(1 - p)), and
beyond the `left` shots if u >= 1 - (1 - p)^left. Since 1 - (1 - p)^left <= p left, one
uniform number and one comparison are all that a channel costs where nothing errs.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from interlace.kernel import ByteArray, FloatArray, IntArray, in_place
from interlace.runtime.frame_rates import FrameRates
from interlace.runtime.frame_rows import CORRECT, EBIT, GATE, MEASURE, RESET, FrameRows, Words

__all__ = ["Frames", "Stream", "Taps", "flipped_words", "push", "unpack"]

_NONE, _ONE, _ALL = np.uint64(0), np.uint64(1), np.uint64(2**64 - 1)
_BLOCK = 256
"""Bits written out at a time: what a cache holds."""

Stream = np.random.Generator  # noqa: TID251 - the type of what `interlace.kernel.stream` gives


class Frames(NamedTuple):
    """What the loops change: Q qubits, B bits, K taps, W words of shots.

    Attributes:
        x, z: the frames, shape (Q, W) each.
        read: every bit as it was read last, shape (B, W).
        expected: the same in the reference, all shots alike, shape (B,).
        tap_x, tap_z: the frames at the taps, shape (K, W) each.
    """

    x: Words
    z: Words
    read: Words
    expected: Words
    tap_x: Words
    tap_z: Words


class Taps(NamedTuple):
    """Where to note frames, in the order of rows: qubits and rows, shape (K,) each."""

    qubit: IntArray
    row: IntArray


@in_place
def push(
    rows: FrameRows,
    rates: FrameRates,
    frames: Frames,
    taps: Taps,
    reference: ByteArray,
    births: Words,
    shots: int,
    rng: Stream,
) -> None:
    """Carry frames from the start of the program to its end.

    Args:
        rows: the program.
        rates: the errors' probabilities.
        frames: of identity and random Z on every qubit; are changed.
        taps: where to note frames.
        reference: result of each measurement in a shot without noise, shape (M,).
        births: random words for what comes into being, shape (births, W).
        shots: how many, at most 64 W.
        rng: for errors.
    """
    born = measured = paired = tapped = 0
    for row in range(len(rows.kind)):
        kind, first, last = rows.kind[row], int(rows.start[row]), int(rows.start[row + 1])
        a, b = int(rows.operands[first]), int(rows.operands[last - 1])
        for at in range(first, last):
            if rates.idle[at] > 0.0:
                qubit = int(rows.operands[at])
                _err(frames, qubit, rates.idle[at], rates.idle_kind, at, shots, rng)
        tapped = _note(frames, taps, tapped, row)
        if kind == GATE:
            _turn(frames, a, b, rows.linear, rows.action[row])
        elif kind == MEASURE:
            expected = _ALL if reference[measured] else _NONE
            _measure(frames, a, rows.clbit[row], expected, births, born)
            _misread(frames, a, rows.clbit[row], expected, rates.misread, shots, rng)
            measured += 1
            born += 1
        elif kind == RESET:
            _renew(frames, a, births, born)
            born += 1
        elif kind == EBIT:
            _pair(frames, a, b, births, born)
            _err(frames, b, rates.pair[paired], rates.pair_kind, paired, shots, rng)
            paired += 1
            born += 2
        elif kind == CORRECT:
            _correct(frames, a, rows.condition[row], rows.action[row])
        if rates.gate[row] > 0.0:
            bit = rows.condition[row]
            _depolarise(frames, a, b, last - first, bit, rates.gate[row], shots, rng)
    _note(frames, taps, tapped, len(rows.kind))


@in_place
def _next(p: float, shot: int, shots: int, rng: Stream) -> int:
    """The first shot from this one on in which something of probability p comes about."""
    left = shots - shot
    u = rng.random()
    if u >= left * p:
        return shots
    if p >= 1.0:
        return shot
    gap = math.log1p(-u) / math.log1p(-p)
    return shot + int(gap) if gap < left else shots


@in_place
def _multiply(frames: Frames, qubit: int, pauli: int, word: int, lanes: np.uint64) -> None:
    """Multiply a Pauli (1 X, 2 Y, 3 Z) into some lanes of a qubit's frame."""
    if 0 < pauli < 3:
        frames.x[qubit, word] ^= lanes
    if pauli >= 2:
        frames.z[qubit, word] ^= lanes


@in_place
def _err(
    frames: Frames, qubit: int, p: float, kind: FloatArray, at: int, shots: int, rng: Stream
) -> None:
    """A Pauli channel: of any Pauli p; of X, and of X or Y, as in row `at` of the kinds."""
    shot = _next(p, 0, shots, rng)
    while shot < shots:
        u = p * rng.random()
        pauli = 1 if u < kind[at, 0] else 2 if u < kind[at, 1] else 3
        _multiply(frames, qubit, pauli, shot >> 6, _ONE << np.uint64(shot & 63))
        shot = _next(p, shot + 1, shots, rng)


@in_place
def _depolarise(
    frames: Frames,
    a: int,
    b: int,
    operands: int,
    bit: int,
    p: float,
    shots: int,
    rng: Stream,
) -> None:
    """One of the other Paulis on one or two operands; with a bit only in lanes where it is 1."""
    paulis = 3 if operands == 1 else 15
    shot = _next(p, 0, shots, rng)
    while shot < shots:
        word, lane = shot >> 6, _ONE << np.uint64(shot & 63)
        pauli = 1 + int(paulis * rng.random())
        if bit < 0 or frames.read[bit, word] & lane != _NONE:
            _multiply(frames, a, pauli & 3, word, lane)
            if operands == 2:
                _multiply(frames, b, pauli >> 2, word, lane)
        shot = _next(p, shot + 1, shots, rng)


@in_place
def _turn(frames: Frames, a: int, b: int, linear: Words, action: int) -> None:
    """A gate on one operand (a = b) or two."""
    x, z = frames.x, frames.z
    m = linear[action]
    for w in range(x.shape[1]):
        xa, za = x[a, w], z[a, w]
        if a == b:
            x[a, w] = (xa & m[0, 0]) ^ (za & m[1, 0])
            z[a, w] = (xa & m[0, 1]) ^ (za & m[1, 1])
        else:
            xb, zb = x[b, w], z[b, w]
            x[a, w] = (xa & m[0, 0]) ^ (za & m[1, 0]) ^ (xb & m[2, 0]) ^ (zb & m[3, 0])
            z[a, w] = (xa & m[0, 1]) ^ (za & m[1, 1]) ^ (xb & m[2, 1]) ^ (zb & m[3, 1])
            x[b, w] = (xa & m[0, 2]) ^ (za & m[1, 2]) ^ (xb & m[2, 2]) ^ (zb & m[3, 2])
            z[b, w] = (xa & m[0, 3]) ^ (za & m[1, 3]) ^ (xb & m[2, 3]) ^ (zb & m[3, 3])


@in_place
def _measure(
    frames: Frames, qubit: int, bit: int, expected: np.uint64, births: Words, born: int
) -> None:
    """Read a qubit without fault; its frame is alike to the one with Z from now on."""
    frames.expected[bit] = expected
    for w in range(frames.x.shape[1]):
        frames.read[bit, w] = frames.x[qubit, w] ^ expected
        frames.z[qubit, w] ^= births[born, w]


@in_place
def _misread(
    frames: Frames,
    qubit: int,
    bit: int,
    expected: np.uint64,
    misread: FloatArray,
    shots: int,
    rng: Stream,
) -> None:
    """Flip what was read, 0 and 1 each with its own probability."""
    of_zero, of_one = misread[qubit, 0], misread[qubit, 1]
    if of_zero == of_one:
        _flip(frames, qubit, bit, _NONE, _NONE, of_zero, shots, rng)
    else:
        _flip(frames, qubit, bit, _ALL, ~expected, of_zero, shots, rng)
        _flip(frames, qubit, bit, _ALL, expected, of_one, shots, rng)


@in_place
def _flip(
    frames: Frames,
    qubit: int,
    bit: int,
    looks: np.uint64,
    offset: np.uint64,
    p: float,
    shots: int,
    rng: Stream,
) -> None:
    """Flip a bit with probability p; if it `looks`, then only where the frame is not `offset`."""
    if p <= 0.0:
        return
    shot = _next(p, 0, shots, rng)
    while shot < shots:
        word, lane = shot >> 6, _ONE << np.uint64(shot & 63)
        if looks & lane == _NONE or (frames.x[qubit, word] ^ offset) & lane != _NONE:
            frames.read[bit, word] ^= lane
        shot = _next(p, shot + 1, shots, rng)


@in_place
def _renew(frames: Frames, qubit: int, births: Words, born: int) -> None:
    """The qubit is |0>, which Z leaves alone."""
    for w in range(frames.x.shape[1]):
        frames.x[qubit, w] = _NONE
        frames.z[qubit, w] = births[born, w]


@in_place
def _pair(frames: Frames, a: int, b: int, births: Words, born: int) -> None:
    """The qubits are Phi+, which XX and ZZ leave alone."""
    for w in range(frames.x.shape[1]):
        frames.x[a, w] = frames.x[b, w] = births[born, w]
        frames.z[a, w] = frames.z[b, w] = births[born + 1, w]


@in_place
def _correct(frames: Frames, qubit: int, bit: int, pauli: int) -> None:
    """A Pauli where the bit was read as 1; the reference has its own already."""
    for w in range(frames.x.shape[1]):
        _multiply(frames, qubit, pauli, w, frames.read[bit, w] ^ frames.expected[bit])


@in_place
def _note(frames: Frames, taps: Taps, tapped: int, row: int) -> int:
    """Note the frames of the taps before a row; returns how many taps are done."""
    while tapped < len(taps.row) and taps.row[tapped] <= row:
        for w in range(frames.x.shape[1]):
            frames.tap_x[tapped, w] = frames.x[taps.qubit[tapped], w]
            frames.tap_z[tapped, w] = frames.z[taps.qubit[tapped], w]
        tapped += 1
    return tapped


@in_place
def flipped_words(
    frames: Frames, start: IntArray, tap: IntArray, pauli: IntArray, flips: Words
) -> None:
    """Where the frames at the taps anticommute with products of Paulis.

    Args:
        frames: with their taps.
        start: CSR offsets of the products, shape (G + 1,).
        tap: number of a tap in `frames`, shape (N,).
        pauli: 1 X, 2 Y, 3 Z, shape (N,).
        flips: zeros, shape (G, W); are changed.
    """
    for product in range(len(start) - 1):
        for at in range(start[product], start[product + 1]):
            for w in range(flips.shape[1]):
                if pauli[at] != 3:
                    flips[product, w] ^= frames.tap_z[tap[at], w]
                if pauli[at] != 1:
                    flips[product, w] ^= frames.tap_x[tap[at], w]


@in_place
def unpack(words: Words, bits: ByteArray) -> None:
    """Bits of words, shape (B, W), as bytes, shape (shots, B), shots at most 64 W."""
    for begin in range(0, len(words), _BLOCK):
        end = min(begin + _BLOCK, len(words))
        for shot in range(len(bits)):
            word, lane = shot >> 6, np.uint64(shot & 63)
            for bit in range(begin, end):
                bits[shot, bit] = (words[bit, word] >> lane) & _ONE
