"""Which block of a partition sits on which machine, where machines are not all neighbours."""

from __future__ import annotations

import numpy as np

from interlace.compiler.hypergraph import Hypergraph
from interlace.kernel import FloatArray, IntArray, compiled

__all__ = ["seated"]

_MOST_ROUNDS = 20


def seated(blocks: IntArray, graph: Hypergraph, room: IntArray, distance: FloatArray) -> IntArray:
    """Exchange the machines of whole blocks while that shortens the way of their packets.

    A packet counts, between every two blocks of its qubits, the distance of their machines.

    Args:
        blocks: machine of each qubit; block b sits on machine b.
        graph: the packets.
        room: data qubits of each machine, shape (k,).
        distance: hops between machines, shape (k, k).

    Returns:
        Machine of each qubit; no machine that had room enough is overfilled.
    """
    traffic = _traffic(graph.start, graph.pins, graph.weights, blocks, len(room))
    load = np.bincount(blocks, minlength=len(room))
    return _exchanged(traffic, load, room, distance, _MOST_ROUNDS)[blocks]


@compiled
def _traffic(
    start: IntArray, pins: IntArray, weights: IntArray, blocks: IntArray, k: int
) -> FloatArray:
    """Packets between every two blocks, shape (k, k)."""
    traffic = np.zeros((k, k))
    for edge in range(len(weights)):
        for at in range(start[edge], start[edge + 1]):
            for other in range(start[edge], at):
                one, two = blocks[pins[at]], blocks[pins[other]]
                if one != two:
                    traffic[one, two] += weights[edge]
                    traffic[two, one] += weights[edge]
    return traffic


@compiled
def _exchanged(
    traffic: FloatArray, load: IntArray, room: IntArray, distance: FloatArray, rounds: int
) -> IntArray:
    """The machine of each block: pairs exchange seats in order, until a round changes nothing."""
    k = len(load)
    seat = np.arange(k)
    for _ in range(rounds):
        is_settled = True
        for one in range(k):
            for two in range(one):
                if load[one] > room[seat[two]] or load[two] > room[seat[one]]:
                    continue
                more = 0.0
                for other in range(k):
                    if other not in (one, two):
                        change = distance[seat[two], seat[other]] - distance[seat[one], seat[other]]
                        more += (traffic[one, other] - traffic[two, other]) * change
                if more < 0.0:
                    seat[one], seat[two] = seat[two], seat[one]
                    is_settled = False
        if is_settled:
            break
    return seat
