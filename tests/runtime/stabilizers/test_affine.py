"""The space of a circuit's bits: its points are the outcomes, at any size."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from tests.runtime.stabilizers.oracle import rank, samples_of
from tests.runtime.stabilizers.programs import of_runs, programs

from interlace.circuit import Circuit, Register
from interlace.compiler import Executable
from interlace.runtime.affine import AffineSpace, affine_space
from interlace.runtime.reference import fidelity_of, reference_of
from interlace.runtime.stabilizers import outcomes_of


def space_of(made: Executable) -> AffineSpace:
    outcomes = outcomes_of(made)
    assert outcomes is not None
    space = affine_space(made.ops, outcomes)
    assert space is not None
    return space


def program_bits(made: Executable) -> np.ndarray:
    """Samples of the bits as they are at the end, shape (shots, bits)."""
    samples = samples_of(made, seed=7)
    bits = np.zeros((len(samples), made.num_bits), dtype=np.uint8)
    for result, bit in enumerate(made.ops.clbit[made.ops.clbit >= 0].tolist()):
        bits[:, bit] = samples[:, result]
    return bits


@settings(max_examples=80, deadline=None)
@given(programs())
def test_bits_written_twice_keep_the_parities_of_what_they_hold_last(made: Executable) -> None:
    space, bits = space_of(made), program_bits(made)
    assert space.width == made.num_bits
    assert space.dimension == rank(bits[1:] ^ bits[0])
    assert (space.ratio(bits) == 1).all()


@settings(max_examples=80, deadline=None)
@given(programs())
def test_the_points_that_are_listed_are_the_outcomes(made: Executable) -> None:
    space, bits = space_of(made), program_bits(made)
    weights = 1 << np.arange(made.num_bits)
    points = [point for point, _ in space.likeliest()]
    assert points == sorted(points)
    assert len(points) == (2**space.dimension if space.dimension <= 6 else 0)
    if points:
        assert set((bits @ weights).tolist()) <= set(points)
        listed = (np.array(points)[:, None] >> np.arange(made.num_bits) & 1).astype(np.uint8)
        assert (space.ratio(listed) == 1).all()


@settings(max_examples=50, deadline=None)
@given(programs())
def test_all_other_outcomes_are_impossible(made: Executable) -> None:
    space = space_of(made)
    every = (np.arange(2**made.num_bits)[:, None] >> np.arange(made.num_bits) & 1).astype(np.uint8)
    p = space.probability(every)
    assert p.sum() == 1
    assert set(p.tolist()) <= {0.0, 2.0**-space.dimension}


def circuit_of(made: Executable) -> Circuit:
    return Circuit(
        name="",
        qubit_registers=(Register(name="q", size=len(made.node)),),
        clbit_registers=(Register(name="c", size=made.num_bits),),
        ops=made.ops,
    )


def test_a_probability_below_the_smallest_number_still_tells_right_from_wrong() -> None:
    # 2000 pairs that agree: 2^-2000 is 0 as a float, yet the share of right shots is known.
    pairs = 2000
    first = np.arange(pairs)
    made = of_runs(["h", "cx"], [(0, first), (1, np.column_stack([first, first + pairs]).ravel())])
    reference = reference_of(circuit_of(made))
    assert reference is not None
    assert reference.log2_collision == -pairs
    half = np.random.default_rng(1).integers(0, 2, (100, pairs), dtype=np.uint8)
    bits = np.concatenate([half, half], axis=1)
    bits[:25, 0] ^= 1
    estimate = fidelity_of(bits, reference, groups=(5,) * 20)
    assert estimate is not None
    assert estimate.kind == "cross-entropy"
    assert abs(estimate.value - 0.75) < 1e-12


def test_a_ghz_state_of_100000_qubits_has_two_outcomes() -> None:
    size = 100_000
    chain = np.column_stack([np.arange(size - 1), np.arange(1, size)]).ravel()
    reference = reference_of(circuit_of(of_runs(["h", "cx"], [(0, np.array([0])), (1, chain)])))
    assert reference is not None
    assert reference.likeliest() == ((0, 0.5), (2**size - 1, 0.5))
    bits = np.zeros((3, size), dtype=np.uint8)
    bits[1] = 1
    bits[2, 70_000] = 1
    assert reference.probability(bits).tolist() == [0.5, 0.5, 0.0]
