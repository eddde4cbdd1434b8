"""What a run reads off its timelines, as columns: the same as operation by operation."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.compiler.test_timing import link, network, programs
from tests.runtime.build import op, program

from interlace.circuit import NO_BIT, Circuit, Op, OpTable, Register
from interlace.compiler import Executable, time_ops
from interlace.network import Network
from interlace.physics import idle_pauli
from interlace.routing import SampledSupply
from interlace.runtime.breakdown import communication_qubits, error_breakdown
from interlace.runtime.measuring import measured_circuit
from interlace.runtime.noise import noises

LASTS_S = 2e-3


def forgetful() -> Network:
    """The machines of the timing tests, with a memory that fades on two qubits of three."""
    made = network()
    device = dataclasses.replace(
        made.machines[0].device, t1_s=(LASTS_S, None, LASTS_S), t2_s=(LASTS_S, None, None)
    )
    return dataclasses.replace(
        made, machines=tuple(dataclasses.replace(m, device=device) for m in made.machines)
    )


@settings(max_examples=50)
@given(programs(), st.integers(0, 1000))
def test_each_timelines_noise_is_its_own_and_the_breakdown_their_mean(
    made: Executable, seed: int
) -> None:
    supply = SampledSupply((link(),), timelines=3, seed=seed)
    timing = time_ops(made, forgetful(), (link(),), supply)
    found = noises(made, forgetful(), timing)
    assert len(found) == len(list(found)) == 3
    idle_s = timing.idle_s
    waits = {True: 0.0, False: 0.0}
    is_communication = communication_qubits(made, forgetful())
    for t, noise in enumerate(found):
        np.testing.assert_array_equal(noise.idle_s, idle_s[:, t])
        np.testing.assert_array_equal(noise.pair_state, timing.state[:, t])
        for place, qubit in enumerate(made.ops.operands.tolist()):
            channel = idle_pauli(idle_s[place, t], t1_s=noise.t1_s[qubit], t2_s=noise.t2_s[qubit])
            waits[bool(is_communication[qubit])] += float(sum(channel)) / 3
    causes = dict(error_breakdown(made, forgetful(), (link(),), found))
    assert causes["memory decay of data qubits"] == pytest.approx(waits[False], rel=1e-12)
    assert causes["memory decay of communication qubits"] == pytest.approx(waits[True], rel=1e-12)
    assert causes.get("ebit infidelity on a--b", 0.0) == pytest.approx(0.3 * len(timing.ebit))


def test_noises_are_a_sequence() -> None:
    made = program(op("h", 0), op("measure", 0, clbit=0), bits=1)
    supply = SampledSupply((link(),), timelines=4, seed=1)
    found = noises(made, network(), time_ops(made, network(), (link(),), supply))
    assert len(found[1:3]) == 2
    assert found[-1].idle_s.tolist() == found[3].idle_s.tolist()
    with pytest.raises(IndexError):
        found[4]


def test_a_circuit_that_measures_nothing_gets_one_measurement_a_qubit() -> None:
    silent = Circuit(
        name="c",
        qubit_registers=(Register(name="q", size=3),),
        clbit_registers=(),
        ops=OpTable.of([Op(name="h", operands=(1,))]),
    )
    loud = measured_circuit(silent)
    assert [(each.name, each.operands, each.clbit) for each in loud.ops] == [
        ("h", (1,), NO_BIT), ("measure", (0,), 0), ("measure", (1,), 1), ("measure", (2,), 2),
    ]  # fmt: skip
    assert loud.clbit_registers == (Register(name="meas", size=3),)
    assert measured_circuit(loud) is loud
