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
from interlace.runtime.ports import Noise

__all__ = ["communication_qubits", "error_breakdown"]


def communication_qubits(program: Executable, network: Network) -> BoolArray:
    """Which of the program's qubits make ebits, shape (Q,)."""
    found = np.zeros(len(program.node), dtype=bool)
    places = zip(program.node.tolist(), program.device_qubit.tolist(), strict=True)
    for qubit, (node, place) in enumerate(places):
        communication = network.nodes[node].communication
        beyond = communication is None and place >= network.nodes[node].device.qubits
        found[qubit] = beyond or (communication is not None and place in communication)
    return found


def error_breakdown(
    program: Executable, network: Network, links: Sequence[Link], noises: Sequence[Noise]
) -> tuple[tuple[str, float], ...]:
    """Expected number of errors a shot by cause, averaged over timelines.

    The sum of the probabilities of a Pauli error (of a wrong bit for readout): of each ebit at
    its birth, of each wait as twirled, of each gate from its average infidelity. Conditioned
    gates count by half. Errors may cancel or not matter, so this is no infidelity.
    """
    hardware = noises[0]
    return (
        *_of_ebits(program, links, noises),
        *_of_waiting(program, communication_qubits(program, network), noises),
        *_of_gates(program, hardware.gate_error),
        ("readout", _of_readout(program, hardware)),
    )


def _of_ebits(
    program: Executable, links: Sequence[Link], noises: Sequence[Noise]
) -> list[tuple[str, float]]:
    used = program.link[program.link >= 0]
    broken = np.mean([1.0 - noise.pair_state[:, 0] for noise in noises], axis=0)
    sums = np.bincount(used, weights=broken, minlength=len(links))
    return [
        (f"ebit infidelity on {link.name}", float(sums[index]))
        for index, link in enumerate(links)
        if (used == index).any()
    ]


def _of_waiting(
    program: Executable, communication: BoolArray, noises: Sequence[Noise]
) -> list[tuple[str, float]]:
    qubit = program.ops.operands
    total = np.zeros(len(qubit))
    for noise in noises:
        channel = idle_pauli(noise.idle_s, t1_s=noise.t1_s[qubit], t2_s=noise.t2_s[qubit])
        total += sum(channel) / len(noises)
    of_communication = communication[qubit]
    return [
        ("memory decay of data qubits", float(total[~of_communication].sum())),
        ("memory decay of communication qubits", float(total[of_communication].sum())),
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


def _of_readout(program: Executable, noise: Noise) -> float:
    ops = program.ops
    measured = ops.operands[ops.start[:-1][ops.clbit != NO_BIT]]
    return float(noise.readout[measured].mean(axis=1).sum())
