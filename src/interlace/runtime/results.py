"""What a run says, put together from its timelines, its bits and the reference."""

from __future__ import annotations

import math

import numpy as np

from interlace.circuit import Register
from interlace.compiler import critical_path
from interlace.kernel import ByteArray, FloatArray
from interlace.runtime.approximate import averaging, link_notes, simulator_notes
from interlace.runtime.breakdown import READOUT
from interlace.runtime.measuring import MEASURED_ALL, measured_circuit
from interlace.runtime.misreading import misreadings
from interlace.runtime.model import AloneResult, LinkUse, Result, StabilizerEstimate
from interlace.runtime.order import Order
from interlace.runtime.outcomes import counts_of, printed
from interlace.runtime.preparing import Prepared, differ, registers_of, shares
from interlace.runtime.reference import Reference, fidelity_of
from interlace.runtime.separable import pair_warnings
from interlace.runtime.stim_backend import SYMMETRISED
from interlace.runtime.tracing import trace_of
from interlace.runtime.versions import versions

__all__ = ["result_of"]


def result_of(
    ready: Prepared,
    order: Order,
    bits: ByteArray,
    *,
    reference: Reference | None,
    stabilizers: StabilizerEstimate | None,
    alone: AloneResult | None,
    wall_s: tuple[tuple[str, float], ...],
) -> Result:
    """Put everything together that a run found out."""
    plan, program, timing = ready.plan, ready.program, ready.timing
    timelines = len(ready.noises)
    registers = registers_of(plan)
    groups = shares(order.shots, timelines) if differ(ready) else ()
    path = critical_path(timing, program, ready.links)
    return Result(
        plan=plan,
        backend=ready.choice.simulator.name,
        backend_reason=ready.choice.reason,
        ideal=order.ideal,
        shots=order.shots,
        seed=order.seed,
        timelines=timelines,
        counts=counts_of(bits, registers),
        samples=bits,
        reference=_printed(reference, registers),
        fidelity=fidelity_of(bits, reference, groups=groups),
        stabilizers=stabilizers,
        makespan_s=timing.makespan_s,
        time_breakdown=tuple((name, float(seconds.mean())) for name, seconds in path),
        error_breakdown=_errors(ready, order, bits),
        links=_link_uses(ready),
        trace=trace_of(plan, ready.programs, program, links=ready.links, timing=timing),
        alone=alone,
        approximations=_approximations(ready),
        versions=versions(),
        wall_s=wall_s,
        warnings=() if order.ideal else pair_warnings(plan, ready.links),
    )


def _errors(ready: Prepared, order: Order, bits: ByteArray) -> tuple[tuple[str, float], ...]:
    """Expected errors by cause; of readout by what was read, where 0 and 1 are misread apart."""
    if order.ideal:
        return tuple((name, 0.0) for name, _ in ready.errors)
    noise = ready.noises[0]
    if noise is None or SYMMETRISED in ready.choice.simulator.approximations:
        return ready.errors
    wrong = misreadings(ready.program, noise, bits)
    return tuple((name, wrong if name == READOUT else count) for name, count in ready.errors)


def _printed(
    reference: Reference | None, registers: tuple[Register, ...]
) -> tuple[tuple[str, float], ...] | None:
    found = () if reference is None else reference.likeliest()
    return tuple((printed(value, registers), p) for value, p in found) or None


def _link_uses(ready: Prepared) -> tuple[LinkUse, ...]:
    use, timelines = ready.use, len(ready.noises)
    makespan = ready.timing.makespan_s
    found: list[LinkUse] = []
    for index, link in enumerate(ready.links):
        possible = makespan * link.channels
        busy = np.divide(use.busy_s[index], possible, out=np.zeros(timelines), where=possible > 0)
        pairs = int(use.pairs[index])
        found.append(
            LinkUse(
                name=link.name,
                rate_hz=link.rate_hz,
                fidelity=link.fidelity,
                pairs=pairs // timelines,
                utilisation=float(busy.mean()),
                wait_s=float(use.wait_s[index].sum()) / max(1, pairs),
                wait_error_s=_mean_error(use.wait_s[index] * timelines / max(1, pairs)),
            )
        )
    return tuple(found)


def _mean_error(values: FloatArray) -> float | None:
    """Standard error of the mean over timelines: s / sqrt(T), s^2 the unbiased sample variance.

    Args:
        values: one of each timeline, independent of each other, shape (T,).

    Returns:
        In the values' unit; `None` for T = 1, which tells nothing of it.
    """
    if len(values) < 2:
        return None
    return float(values.std(ddof=1)) / math.sqrt(len(values))


def _approximations(ready: Prepared) -> tuple[str, ...]:
    """What the run twirled, averaged or assumed, where that can have changed its numbers."""
    program, circuit = ready.program, ready.plan.circuit
    return (
        *((MEASURED_ALL,) if measured_circuit(circuit) is not circuit else ()),
        *_barriers(circuit.dropped_barriers),
        *simulator_notes(ready.choice.simulator, program, ready.noises),
        *averaging(program, ready.noises),
        *link_notes(program, ready.links, ready.noises),
    )


def _barriers(dropped: int) -> tuple[str, ...]:
    """That barriers of the circuit held nothing back, if it has any."""
    if dropped == 0:
        return ()
    what, them = ("barrier is", "it") if dropped == 1 else (f"{dropped:,} barriers are", "them")
    said = f"The circuit's {what} left out: operations around {them}"
    return (f"{said} run as early as their qubits allow.",)
