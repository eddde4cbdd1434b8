from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.compiler.dense import device, network

from interlace.circuit import Op, OpTable
from interlace.compiler import Executable
from interlace.compiler.costs import cost_at, op_costs, qubit_noise
from interlace.errors import InvariantError
from interlace.network import GateProfile, LogicalDevice, Machine, Network


def executable(ops: list[Op], places: list[tuple[int, int]]) -> Executable:
    return Executable(
        node=np.array([node for node, _ in places]),
        device_qubit=np.array([qubit for _, qubit in places]),
        ops=OpTable.of(ops),
        joint_op=np.arange(len(ops)),
        swap=np.full(len(ops), -1),
        link=np.full(len(ops), -1),
        num_bits=2,
        num_program_bits=2,
    )


OPS = [
    Op(name="sx", operands=(0,)),
    Op(name="cz", operands=(0, 1)),
    Op(name="cz", operands=(1, 0)),
    Op(name="reset", operands=(1,)),
    Op(name="ebit", operands=(1, 2)),
    Op(name="measure", operands=(1,), clbit=0),
    Op(name="h", operands=(2,)),
    Op(name="measure", operands=(2,), clbit=1),
]
PLACES = [(0, 4), (0, 2), (1, 1)]


def test_each_operation_costs_what_its_device_says_there():
    at = {"cz": (((2, 4), 5e-8, 0.02),), "sx": (((4,), 3e-8, 0.005),)}
    costs = op_costs(
        executable(OPS, PLACES),
        network((device(5, None, ("sx", "cz"), at), (2,)), (device(2), (1,))),
    )
    np.testing.assert_allclose(costs.duration_s, [3e-8, 5e-8, 5e-8, 1e-6, 0, 1e-6, 0, 0])
    np.testing.assert_allclose(costs.gate_error, [0.005, 0.02, 0.02, 0, 0, 0, 0, 0])


def test_an_exception_in_the_gates_own_order_comes_first():
    profile = GateProfile(
        name="ecr", time_s=1e-7, error=0.1, at=(((1, 0), 2e-7, 0.2), ((0, 1), 3e-7, 0.3))
    )
    assert cost_at(profile, (0, 1)) == (3e-7, 0.3)
    assert cost_at(profile, (1, 0)) == (2e-7, 0.2)
    assert cost_at(profile, (1, 2)) == (1e-7, 0.1)


def test_a_described_reset_costs_what_it_says():
    costs = op_costs(
        executable(OPS, PLACES),
        network((device(5, None, ("sx", "cz", "reset")), ()), (device(2), ())),
    )
    assert costs.duration_s[3] == pytest.approx(3e-8)
    assert costs.gate_error[3] == 1e-3


def test_an_ideal_device_takes_no_time_and_makes_no_errors():
    made = network((device(5), ()), (device(2), ()))
    costs = op_costs(executable(OPS, PLACES), made)
    assert not costs.duration_s.any()
    assert not costs.gate_error.any()
    t1_s, t2_s, readout = qubit_noise(executable(OPS, PLACES), made)
    assert np.isinf([t1_s, t2_s]).all()
    assert not readout.any()


def test_a_logical_device_takes_one_cycle_for_everything():
    logical = LogicalDevice(
        name="l", qubits=5, code="surface", distance=3, cycle_time_s=1e-6, logical_error_rate=1e-7
    )
    made = Network(
        name="n",
        sites=(),
        machines=(Machine(name="m", site=None, device=logical, communication=()),),
        repeaters=(),
        links=(),
    )
    costs = op_costs(executable(OPS[:4], [(0, 4), (0, 2)]), made)
    assert costs.duration_s.tolist() == [1e-6] * 4
    assert costs.gate_error.tolist() == [1e-7] * 4


def test_memory_and_readout_follow_the_device_qubit():
    made = dataclasses.replace(
        device(5, None, ("sx",)), t1_s=(1.0, 2.0, None, 4.0, 5.0), t2_s=(0.1, 0.2, 0.3, 0.4, None)
    )
    assert made.readout is not None
    readings = dataclasses.replace(made.readout, error_0=(0.0, 0.1, 0.2, 0.3, 0.4))
    made = dataclasses.replace(made, readout=readings)
    t1_s, t2_s, readout = qubit_noise(executable([], [(0, 4), (0, 2), (0, 7)]), network((made, ())))
    assert t1_s.tolist() == [5.0, np.inf, np.inf]
    assert t2_s.tolist() == [np.inf, 0.3, np.inf]
    assert readout.tolist() == [[0.4, 0.02], [0.2, 0.02], [0.0, 0.0]]


def test_a_gate_that_is_not_native_is_our_own_error():
    with pytest.raises(InvariantError, match="h on"):
        op_costs(
            executable([Op(name="h", operands=(0,))], [(0, 0)]),
            network((device(1, None, ("sx",)), ())),
        )
