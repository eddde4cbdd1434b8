"""What Clifford programs' measurements give: against stim at small size, by parities at large."""

from __future__ import annotations

import signal
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.runtime.build import op, program
from tests.runtime.stabilizers.oracle import check_matrix, rank, samples_of
from tests.runtime.stabilizers.programs import of_runs, programs

from interlace.circuit import Op
from interlace.compiler import Executable
from interlace.errors import InvariantError
from interlace.runtime import stabilizers
from interlace.runtime.stabilizers import Generators, Outcomes, generators_of, outcomes_of

LARGE = 100_000


def found_in(made: Executable) -> Outcomes:
    found = outcomes_of(made)
    assert found is not None
    return found


@settings(max_examples=150, deadline=None)
@given(programs())
def test_the_outcomes_are_those_of_stims_tableau(made: Executable) -> None:
    # Samples span the space but for a chance of 2^-60, so equal dimensions are equal spaces.
    found, samples = found_in(made), samples_of(made, seed=3)
    checks = check_matrix(found)
    dimension = rank(samples[1:] ^ samples[0])
    assert found.is_random.sum() == dimension
    assert len(checks) == rank(checks) == samples.shape[1] - dimension
    assert ((samples @ checks.T) % 2 == (found.reference @ checks.T) % 2).all()


@settings(max_examples=50, deadline=None)
@given(programs())
def test_results_that_are_not_random_follow_from_those_that_are(made: Executable) -> None:
    found = found_in(made)
    determined = check_matrix(found)[:, ~found.is_random]
    assert determined.shape[0] == determined.shape[1] == rank(determined)
    for begin, end in zip(found.check_start[:-1], found.check_start[1:], strict=True):
        assert (np.diff(found.check_results[begin:end]) > 0).all()


def test_the_list_of_all_zeros_is_not_taken_for_an_outcome() -> None:
    flipped = program(op("x", 0), op("measure", 0, clbit=0), bits=1)
    assert found_in(flipped).reference.tolist() == [1]
    odd = program(
        op("h", 0), op("cx", 0, 1), op("cz", 0, 1), op("h", 0), op("h", 1),
        op("measure", 0, clbit=0), op("measure", 1, clbit=1),
        bits=2,
    )  # fmt: skip
    even = found_in(odd)
    samples = samples_of(odd, seed=1)
    assert {int(s.sum()) % 2 for s in samples} == {int(even.reference.sum()) % 2}


ONE_IF = op("x", 1, condition=0)
LOOK = op("measure", 1, clbit=1)
LOOK_FIRST = op("measure", 0, clbit=0)


@pytest.mark.parametrize(
    ("ops", "results"),
    [
        ((op("x", 0), LOOK_FIRST, ONE_IF, LOOK), [1, 1]),
        ((LOOK_FIRST, ONE_IF, LOOK), [0, 0]),
        ((LOOK_FIRST, op("x", 0), LOOK_FIRST, ONE_IF, LOOK), [0, 1, 1]),
        ((LOOK_FIRST, ONE_IF, op("x", 0), LOOK_FIRST, LOOK), [0, 1, 0]),
        ((op("x", 0), LOOK_FIRST, ONE_IF, ONE_IF, LOOK), [1, 0]),
        ((op("x", 0), LOOK_FIRST, op("reset", 0), LOOK_FIRST, ONE_IF, LOOK), [1, 0, 0]),
        ((ONE_IF, op("x", 0), LOOK_FIRST, LOOK), [1, 0]),
    ],
)
def test_a_correction_acts_as_the_last_certain_result_of_its_bit_says(
    ops: tuple[Op, ...], results: list[int]
) -> None:
    found = found_in(program(*ops, bits=2))
    assert found.reference.tolist() == results
    assert not found.is_random.any()


def test_a_result_that_follows_from_two_others_stands_for_them_with_its_own_value() -> None:
    made = program(
        op("h", 0), op("h", 1), op("measure", 0, clbit=0), op("measure", 1, clbit=1),
        op("cx", 0, 2), op("cx", 1, 2), op("x", 2), op("measure", 2, clbit=2),
        op("measure", 2, clbit=3),
        bits=4,
    )  # fmt: skip
    found = found_in(made)
    assert found.reference.tolist() == [0, 0, 1, 1]
    assert found.check_results.tolist() == [0, 1, 2, 2, 3]


def test_a_condition_reads_the_last_result_of_its_bit_and_no_result_is_0() -> None:
    certain = program(
        op("x", 0), op("measure", 0, clbit=0), op("x", 1, condition=0), op("x", 2, condition=1),
        op("measure", 1, clbit=1), op("measure", 2, clbit=2),
        bits=4,
    )  # fmt: skip
    assert found_in(certain).reference.tolist() == [1, 1, 0]
    coin = program(
        op("h", 0), op("measure", 0, clbit=0), op("x", 1, condition=0), op("measure", 1, clbit=1),
        bits=2,
    )  # fmt: skip
    assert found_in(coin).is_random.tolist() == [True, False]
    assert found_in(coin).check_results.tolist() == [0, 1]


def product_measured(made: Executable, generators: Generators, which: int) -> Executable:
    """The program, and then one of its generators measured by a fresh qubit."""
    fresh = len(made.node)
    ops: list[Op] = [*made.ops, op("h", fresh)]
    for at in range(generators.start[which], generators.start[which + 1]):
        name = ("cx", "cy", "cz")[generators.pauli[at] - 1]
        ops.append(op(name, fresh, int(generators.qubit[at])))
    ops += [op("h", fresh), op("measure", fresh, clbit=made.num_bits)]
    return program(*ops, bits=made.num_bits + 1, qubits=fresh + 1)


@settings(max_examples=50, deadline=None)
@given(programs(), st.data())
def test_a_generator_has_a_value_that_the_results_tell(
    made: Executable, data: st.DataObject
) -> None:
    found = generators_of(made)
    assert found is not None
    which = data.draw(st.integers(0, len(found.start) - 2))
    before = samples_of(made, seed=5)
    after = samples_of(product_measured(made, found, which), seed=6)
    assert rank(after[1:] ^ after[0]) == rank(before[1:] ^ before[0])


@settings(max_examples=50, deadline=None)
@given(programs())
def test_without_resets_there_are_as_many_generators_as_qubits(made: Executable) -> None:
    kept = [o for o in made.ops if o.name not in ("reset", "ebit")]
    found = generators_of(program(*kept, bits=made.num_bits, qubits=len(made.node)))
    assert found is not None
    assert len(found.start) == len(made.node) + 1
    rows = np.zeros((len(made.node), 2 * len(made.node)), dtype=np.uint8)
    row = np.repeat(np.arange(len(made.node)), np.diff(found.start))
    rows[row, 2 * found.qubit] = found.pauli <= 2
    rows[row, 2 * found.qubit + 1] = found.pauli >= 2
    assert rank(rows) == len(made.node)


def test_what_a_reset_threw_away_has_no_generator() -> None:
    found = generators_of(program(op("ebit", 0, 1), op("reset", 0), bits=0))
    assert found is not None
    assert [found.start.tolist(), found.qubit.tolist(), found.pauli.tolist()] == [[0, 1], [0], [3]]


def ghz(links: np.ndarray, label: np.ndarray, flipped: np.ndarray) -> Executable:
    """A GHZ state by CX along the links, then X on some qubits; all measured."""
    return of_runs(
        ["h", "cx", "x"],
        [(0, label[:1]), (1, label[links].ravel()), (2, label[flipped])],
    )


@pytest.mark.parametrize("shape", ["chain", "tree"])
def test_neighbours_in_a_large_ghz_state_agree_but_where_one_was_flipped(shape: str) -> None:
    child = np.arange(1, LARGE)
    parent = child - 1 if shape == "chain" else (child - 1) // 2
    label = np.random.default_rng(1).permutation(LARGE)
    flipped = np.arange(0, LARGE, 3)
    found = found_in(ghz(np.column_stack([parent, child]), label, flipped))
    expected = np.zeros(LARGE, dtype=np.uint8)
    expected[label[flipped]] = 1
    assert found.is_random.sum() == 1
    assert len(np.unique(found.reference ^ expected)) == 1
    assert len(found.check_start) == LARGE
    assert (np.diff(found.check_start) == 2).all()


def test_in_a_large_graph_state_a_qubit_read_in_x_is_the_parity_of_its_neighbours() -> None:
    # A ring with chords from i to i + n / 2. With n / 2 odd no two multiples of 4 are neighbours.
    size, half = LARGE + 2, LARGE // 2 + 1
    rng, ring = np.random.default_rng(2), np.arange(size)
    label, signed = rng.permutation(size), rng.permutation(size)[:half]
    alone = np.arange(0, size, 4)
    near = np.stack([(alone + step) % size for step in (-1, 1, half)])
    edges = np.concatenate(
        [np.column_stack([ring, (ring + 1) % size]), np.column_stack([ring[:half], ring[half:]])]
    )
    made = of_runs(
        ["h", "cz", "z"],
        [
            (0, label),
            (1, label[rng.permutation(edges)].ravel()),
            (2, label[signed]),
            (0, label[alone]),
        ],
    )
    found = found_in(made)
    assert found.is_random.sum() == size - len(alone)
    value = found.reference[label]
    assert (value[alone] ^ np.bitwise_xor.reduce(value[near]) == np.isin(alone, signed)).all()


@pytest.mark.parametrize("is_mixed", [False, True])
def test_a_large_chain_read_in_alternating_bases_has_checks_of_few_results(is_mixed: bool) -> None:
    # What a result is determined by is told by its neighbours, not by all before it in the chain.
    each = np.arange(LARGE)
    label = np.random.default_rng(4).permutation(LARGE) if is_mixed else each
    chain = np.column_stack([each[:-1], each[1:]])
    found = found_in(
        of_runs(["h", "cz"], [(0, label), (1, label[chain].ravel()), (0, label[1::2])])
    )
    assert len(found.check_start) - 1 == LARGE // 2
    assert np.diff(found.check_start).max() <= 3
    value = found.reference[label]
    assert not (value[1:-1:2] ^ value[:-2:2] ^ value[2::2]).any()


@pytest.mark.parametrize("width", [1, 100])
def test_checks_of_cluster_states_read_in_any_bases_grow_with_their_size_alone(width: int) -> None:
    def entries(size: int) -> int:
        rng = np.random.default_rng(5)
        cell = np.arange(size).reshape(-1, width)
        edges = np.concatenate(
            [
                np.column_stack([cell[:-1].ravel(), cell[1:].ravel()]),
                np.column_stack([cell[:, :-1].ravel(), cell[:, 1:].ravel()]),
            ]
        )
        basis = rng.integers(0, 3, size)
        runs = [(0, cell.ravel()), (1, edges.ravel()), (2, np.flatnonzero(basis == 2))]
        made = of_runs(["h", "cz", "s"], [*runs, (0, np.flatnonzero(basis))])
        found = found_in(made)
        return int(found.check_start[-1])

    assert entries(40_000) < 5 * entries(10_000)


def scrambled(qubits: int, layers: int) -> Executable:
    """Random pairs all over: generators grow twice as heavy with every layer."""
    rng = np.random.default_rng(3)
    runs: list[tuple[int, np.ndarray]] = []
    for _ in range(layers):
        mixed = rng.permutation(qubits)
        runs += [(0, mixed[: qubits // 2]), (1, mixed[qubits // 3 :]), (2, rng.permutation(qubits))]
    return of_runs(["h", "s", "cx"], runs)


def test_generators_that_grow_too_heavy_are_given_up() -> None:
    made = scrambled(100, 10)
    assert outcomes_of(made) is not None
    assert outcomes_of(made, most=500) is None
    assert generators_of(made, most=500) is None


@settings(max_examples=30, deadline=None)
@given(programs())
def test_work_in_small_pieces_finds_the_same(made: Executable) -> None:
    whole, generators = found_in(made), generators_of(made)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stabilizers, "_PAUSE", 1)
        assert_same(found_in(made), whole)
        assert_same(generators_of(made), generators)


def assert_same(one: object, other: object) -> None:
    for name in one.__slots__:  # type: ignore[attr-defined]
        assert (getattr(one, name) == getattr(other, name)).all()


def test_a_long_search_hears_ctrl_c_within_seconds() -> None:
    made = scrambled(4000, 10)  # 50 s
    found_in(program(op("measure", 0, clbit=0), bits=1))  # the loops are there
    start = time.monotonic()
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 1.0)
    try:
        with pytest.raises(KeyboardInterrupt):
            outcomes_of(made)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - start < 15


def test_what_is_no_clifford_program_is_refused() -> None:
    with pytest.raises(InvariantError, match="row 1 is no Clifford gate"):
        outcomes_of(program(op("h", 0), op("t", 0), bits=0))
    read = program(op("measure", 0, clbit=0), op("h", 1, condition=0), bits=1)
    with pytest.raises(InvariantError, match="row 1 is conditioned and no Pauli"):
        outcomes_of(read)


def test_a_program_without_operations_or_measurements_has_no_outcomes() -> None:
    found = found_in(program(op("h", 0), bits=0))
    assert [len(found.reference), found.check_start.tolist()] == [0, [0]]
