"""What is told of Clifford programs whose outcomes are too wide to count.

Of the state right before it is measured: how its stabilizers fare, if the simulator follows them
(`interlace.runtime.tapping`). Of the outcomes, whatever the simulator: how the parities fare that
all ideal outcomes share (`interlace.runtime.parities`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from interlace.circuit import Circuit, is_clifford
from interlace.kernel import ByteArray, derived_seed
from interlace.runtime.affine import AffineSpace
from interlace.runtime.expectations import product_means
from interlace.runtime.measuring import final_places, measured_circuit
from interlace.runtime.model import ProductMeans, StabilizerEstimate
from interlace.runtime.order import Order
from interlace.runtime.outcomes import MOST_BITS
from interlace.runtime.parities import tallied_parities
from interlace.runtime.preparing import Prepared, differ, shares
from interlace.runtime.products import PARITY, Products
from interlace.runtime.reference import Reference, lone_program
from interlace.runtime.sampling import Sampled
from interlace.runtime.stabilizers import generators_of
from interlace.runtime.tapping import Followed, followed, unmeasured, without_random

__all__ = ["stabilizer_estimate", "stabilizers_to_follow"]


def stabilizers_to_follow(ready: Prepared, order: Order) -> Followed | None:
    """Stabilizers of the ideal state, where they will be told and can be followed."""
    circuit = measured_circuit(ready.plan.circuit)
    if not _is_wide(circuit) or not ready.choice.simulator.follows_products:
        return None
    found = generators_of(lone_program(unmeasured(circuit)))
    if found is None:
        return None
    wanted = followed(
        circuit,
        ready.program,
        start=found.start,
        qubit=found.qubit,
        pauli=found.pauli,
        places=final_places(ready.plan, ready.programs),
    )
    seed = derived_seed(order.seed, "stabilizers")
    return without_random(wanted, ready.program, ready.choice.simulator, seed=seed)


def stabilizer_estimate(
    ready: Prepared,
    order: Order,
    sampled: Sampled,
    follow: Followed | None,
    *,
    reference: Reference | None,
) -> StabilizerEstimate | None:
    """What the shots say of stabilizers and parities; `None` where outcomes are counted."""
    circuit = measured_circuit(ready.plan.circuit)
    if not _is_wide(circuit):
        return None
    groups = shares(order.shots, len(ready.noises)) if differ(ready) else ()
    state = None
    if follow is not None and sampled.flips is not None:
        state = product_means(sampled.flips, follow.products, groups=groups)
    outcomes = _parities(circuit, sampled.bits, reference, groups)
    if state is None and outcomes is None:
        return None
    return StabilizerEstimate(state=state, outcomes=outcomes)


def _is_wide(circuit: Circuit) -> bool:
    return circuit.num_clbits > MOST_BITS and is_clifford(circuit.ops)


def _parities(
    circuit: Circuit, bits: ByteArray, reference: Reference | None, groups: Sequence[int]
) -> ProductMeans | None:
    if not isinstance(reference, AffineSpace) or len(reference.parity) == 0:
        return None
    tally = tallied_parities(
        bits, start=reference.start, place=reference.bit, parity=reference.parity, groups=groups
    )
    products = Products(
        start=reference.start,
        place=reference.bit,
        pauli=np.full(len(reference.bit), PARITY),
        labels=circuit.clbit_labels(),
        fix_the_state=False,
    )
    return product_means(tally, products, groups=groups)
