"""Where the errors come from: expected numbers a shot, by cause."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from interlace.circuit import NO_BIT
from interlace.compiler import Executable
from interlace.kernel import BoolArray, FloatArray
from interlace.link import Link
from interlace.network import Network
from interlace.physics import idle_pauli
from interlace.runtime.misreading import misreadings
from interlace.runtime.ports import Noise

__all__ = ["READOUT", "communication_qubits", "error_breakdown"]

READOUT = "readout"
"""The cause of which only the shots tell how often it strikes, if 0 and 1 are misread unevenly."""


def communication_qubits(program: Executable, network: Network) -> BoolArray:
    """Which of the program's qubits make ebits, shape (Q,)."""
    found = np.zeros(len(program.node), dtype=np.bool_)
    nodes = network.nodes
    for index in np.unique(program.node).tolist():
        here = np.flatnonzero(program.node == index)
        place, own = program.device_qubit[here], nodes[index].communication
        found[here] = place >= nodes[index].device.qubits if own is None else np.isin(place, own)
    return found


def error_breakdown(
    program: Executable, network: Network, links: Sequence[Link], noises: Sequence[Noise]
) -> tuple[tuple[str, float], ...]:
    """Expected number of errors a shot by cause, averaged over timelines.

    The sum of the probabilities of a Pauli error (of a wrong bit for readout): of each ebit at
    its birth, of each wait as twirled, of each gate from its average infidelity. Conditioned
    gates count by half, and every measured qubit is taken to be 1 in half of the shots. Errors
    may cancel or not matter, so this is no infidelity.
    """
    hardware = noises[0]
    broken, waited = _over_timelines(program, noises, hardware)
    return (
        *_of_ebits(program, links, broken),
        *_of_waiting(program, communication_qubits(program, network), waited),
        *_of_gates(program, hardware.gate_error),
        (READOUT, misreadings(program, hardware)),
    )


def _over_timelines(
    program: Executable, noises: Sequence[Noise], hardware: Noise
) -> tuple[FloatArray, FloatArray]:
    """Mean error probabilities of each ebit at birth, and of each operand's wait.

    Every timeline is asked for once: its noise is made anew each time.
    """
    qubit, timelines = program.ops.operands, len(noises)
    decays = np.isfinite(np.minimum(hardware.t1_s, hardware.t2_s))[qubit]
    waited = np.zeros(len(qubit))
    broken: list[FloatArray] = []
    for noise in noises:
        broken.append(1.0 - noise.pair_state[:, 0])
        rows = np.flatnonzero(decays & (noise.idle_s > 0.0))
        where = qubit[rows]
        channel = idle_pauli(noise.idle_s[rows], t1_s=noise.t1_s[where], t2_s=noise.t2_s[where])
        waited[rows] += sum(channel) / timelines
    return np.mean(broken, axis=0), waited


def _of_ebits(
    program: Executable, links: Sequence[Link], broken: FloatArray
) -> list[tuple[str, float]]:
    used = program.link[program.link >= 0]
    sums = np.bincount(used, weights=broken, minlength=len(links))
    is_used = np.isin(np.arange(len(links)), used)
    return [
        (f"ebit infidelity on {link.name}", float(sums[index]))
        for index, link in enumerate(links)
        if is_used[index]
    ]


def _of_waiting(
    program: Executable, communication: BoolArray, waited: FloatArray
) -> list[tuple[str, float]]:
    of_communication = communication[program.ops.operands]
    return [
        ("memory decay of data qubits", float(waited[~of_communication].sum())),
        ("memory decay of communication qubits", float(waited[of_communication].sum())),
    ]


def _of_gates(program: Executable, gate_error: FloatArray) -> list[tuple[str, float]]:
    ops = program.ops
    arity = np.diff(ops.start)
    weight = np.where(ops.condition == NO_BIT, 1.0, 0.5) * gate_error
    is_reset = np.isin(ops.gate, [code for code, name in enumerate(ops.names) if name == "reset"])

    def summed(rows: BoolArray) -> float:
        return float((weight[rows] * (1.0 + 0.5 ** arity[rows])).sum())

    causes = [
        ("one-qubit gates", summed((arity == 1) & ~is_reset & ~program.inserted)),
        ("two-qubit gates", summed((arity > 1) & ~program.inserted)),
    ]
    if program.inserted.any():
        causes.append(("gates of inserted SWAPs", summed(program.inserted)))
    if weight[is_reset].any():
        causes.append(("reset", summed(is_reset)))
    return causes
