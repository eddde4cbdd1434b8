from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.compiler.dense import device, distance, matrix, unitary

from interlace.circuit import GATES
from interlace.compiler.translate import Translator
from interlace.errors import InfeasibleError
from interlace.network import LogicalDevice

ONE = (
    ("rz", "sx", "x"),
    ("rz", "sx"),
    ("p", "sx"),
    ("u1", "u2", "u3"),
    ("u",),
    ("r",),
    ("rx", "rz"),
    ("ry", "rz"),
    ("rx", "ry"),
    ("h", "rz"),
    ("h", "p"),
)
TWO = (
    "cx",
    "cz",
    "cy",
    "ch",
    "cp",
    "cs",
    "csdg",
    "csx",
    "crz",
    "ecr",
    "iswap",
    "rzz",
    "rxx",
    "ryy",
    "rzx",
)


def assert_translated(translator: Translator, name: str, params: tuple[float, ...]) -> None:
    made = translator.native(name, params)
    assert all(gate.name in translator.natives for gate in made)
    found = unitary([(g.name, g.operands, g.params) for g in made], GATES[name].qubits)
    assert distance(found, matrix(name, params)) < 1e-12


@pytest.mark.parametrize("two", TWO)
@pytest.mark.parametrize("one", ONE, ids="+".join)
def test_every_gate_becomes_native_ones_with_the_same_unitary(one, two):
    translator = Translator(device(3, None, (*one, two)))
    draw = random.Random(f"{one} {two}")
    for name, gate in GATES.items():
        assert_translated(translator, name, tuple(draw.uniform(-7, 7) for _ in range(gate.params)))


@pytest.mark.parametrize("one", ONE, ids="+".join)
def test_multiples_of_a_quarter_turn_are_translated_as_well(one):
    translator = Translator(device(2, None, one))
    turns = (0.0, math.pi / 2, -math.pi / 2, math.pi, -math.pi, 2 * math.pi, -3 * math.pi)
    for name, gate in GATES.items():
        if gate.qubits == 1:
            for params in itertools.product(turns, repeat=gate.params):
                assert_translated(translator, name, params)


@settings(max_examples=50)
@given(
    angle=st.floats(1e-300, 1e-4) | st.floats(-1e-4, -1e-300),
    one=st.sampled_from(ONE),
    two=st.sampled_from(("cx", "cz", "ecr", "rzz", "iswap")),
    name=st.sampled_from(
        ("rx", "ry", "rz", "p", "cp", "rzz", "rxx", "ryy", "rzx", "crz", "crx", "cry", "cu1")
    ),
)
def test_a_tiny_angle_reaches_the_native_gates_as_an_exact_multiple_of_itself(
    angle, one, two, name
):
    """Matrices of floats cannot tell 1e-12 from 1.001e-12: so look at the parameters.

    Each is a constant of the translation or the angle times a power of two; that the matrix is
    right as well is seen beside angles that floats resolve.
    """
    translator = Translator(device(2, None, (*one, two)))
    made, reference = translator.native(name, (angle,)), translator.native(name, (1e-5,))
    assert [g.name for g in made] == [g.name for g in reference]
    carried = 0
    for gate, other in zip(made, reference, strict=True):
        for value, constant in zip(gate.params, other.params, strict=True):
            if value != constant or 0 < abs(value) < 1e-3:
                assert abs(value) in {angle * k * s for k in (0.25, 0.5, 1, 2) for s in (1, -1)}
                carried += 1
    assert carried >= 1
    assert_translated(translator, name, (angle,))
    assert_translated(translator, name, (1e-3 * math.copysign(1, angle),))


def test_a_native_rotation_by_a_billionth_stays_itself():
    translator = Translator(device(2, None, ("rz", "sx", "cz", "rzz")))
    (only,) = translator.native("rz", (1e-9,))
    assert (only.name, only.params) == ("rz", (1e-9,))
    (phase,) = translator.native("p", (1e-9,))
    assert phase.params == (1e-9,)
    assert [g.params for g in translator.native("cp", (1e-9,)) if g.name == "rzz"] == [(-5e-10,)]


def test_a_tiny_controlled_phase_keeps_its_gates_of_two_qubits():
    translator = Translator(device(2, None, ("rz", "sx", "cz")))
    assert sum(g.name == "cz" for g in translator.native("cp", (1e-9,))) == 2


@pytest.mark.parametrize(
    ("two", "name", "most"),
    [
        (("cz",), "cx", 1),
        (("ecr",), "cx", 1),
        (("ecr",), "ecr", 1),
        (("rzz",), "cx", 1),
        (("rxx",), "rzz", 1),
        (("rzz", "cx"), "cp", 1),
        (("cx",), "xx_plus_yy", 2),
        (("cx",), "swap", 3),
        (("iswap", "cz"), "swap", 2),
        (("cx",), "ccx", 6),
        (("cx",), "cswap", 8),
        (("cz",), "rzz", 2),
    ],
)
def test_the_fewest_gates_of_two_qubits_are_taken(two, name, most):
    translator = Translator(device(3, None, ("rz", "sx", *two)))
    made = translator.native(name, (0.3, 0.4)[: GATES[name].params])
    assert sum(len(g.operands) > 1 for g in made) == most


def test_clifford_gates_are_spelled_with_fixed_native_gates():
    translator = Translator(device(2, None, ("h", "s", "cx")))
    for name in ("x", "y", "z", "sdg", "sx", "sxdg", "cz", "swap", "cy", "dcx", "iswap", "ecr"):
        assert_translated(translator, name, ())
    assert_translated(Translator(device(2, None, ("h", "t", "cx"))), "tdg", ())


def test_what_fixed_gates_cannot_spell_is_refused_by_device_and_gate():
    translator = Translator(device(2, None, ("h", "s", "cx"), name="clifford-only"))
    with pytest.raises(InfeasibleError, match=r"clifford-only.*'rz'.*cx, h, s"):
        translator.native("rz", (0.3,))


def test_a_device_with_no_gate_of_two_qubits_is_refused_only_when_one_is_needed():
    translator = Translator(device(2, None, ("rz", "sx")))
    assert translator.native("h")
    assert not translator.makes("swap")
    with pytest.raises(InfeasibleError, match="'cx'"):
        translator.native("cx")


def test_ideal_and_logical_devices_take_every_gate_as_it_is():
    logical = LogicalDevice(
        name="l", qubits=3, code="surface", distance=3, cycle_time_s=1e-6, logical_error_rate=1e-6
    )
    for made in (device(3), logical):
        translator = Translator(made)
        for name, gate in GATES.items():
            params = (0.1,) * gate.params
            (only,) = translator.native(name, params)
            assert (only.name, only.params) == (name, params)


@pytest.mark.parametrize("apart", [None, (0, 1), (0, 2), (1, 2)])
@pytest.mark.parametrize("name", ["ccx", "ccz", "cswap", "rccx"])
def test_a_gate_of_three_needs_no_gate_between_the_two_that_are_apart(name, apart):
    for natives in ((), ("rz", "sx", "cz"), ("r", "cz"), ("u", "cx", "ccx")):
        translator = Translator(device(3, None, natives))
        made = translator.beside(name, (), apart)
        assert all(len(g.operands) < 3 and set(g.operands) != set(apart or ()) for g in made)
        assert not natives or all(g.name in natives for g in made)
        found = unitary([(g.name, g.operands, g.params) for g in made], 3)
        assert distance(found, matrix(name)) < 1e-12


@pytest.mark.parametrize(
    ("name", "apart", "most"),
    [
        *((name, apart, 8) for name in ("ccx", "ccz") for apart in ((0, 1), (0, 2), (1, 2))),
        ("cswap", (0, 1), 10),
        ("cswap", (1, 2), 16),
        ("rccx", (0, 1), 3),
        ("rccx", (1, 2), 9),
    ],
)
def test_a_gate_of_three_on_a_line_takes_few_gates_of_two_qubits(name, apart, most):
    translator = Translator(device(3, None, ("rz", "sx", "cx")))
    assert sum(len(g.operands) > 1 for g in translator.beside(name, (), apart)) == most
