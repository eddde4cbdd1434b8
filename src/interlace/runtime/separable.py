"""Pairs in which no entanglement is left: which of a plan's are so, told in sentences.

A Bell-diagonal pair is separable where no Bell state has more than half of its weight (Horodecki,
doi:10.1103/PhysRevA.54.1838), so that of fidelity 0.5 or less: neither swapping nor distillation
brings anything back. A program runs on such pairs all the same, and its numbers are those of noise.

Fresh pairs are judged, and what ideal swaps make of them, as by `--min-fidelity`: waiting and the
errors of the swaps come on top.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from interlace.compiler import Plan, StepKind
from interlace.kernel import FloatArray, IntArray
from interlace.link import Link
from interlace.units import Fidelity, fidelity_figure

__all__ = ["pair_warnings"]

_LEAST: Fidelity = 0.5
_SLACK = 1e-12
_MOST_NAMED = 4
_ADVICE = "`distribute --min-fidelity 0.51` avoids them where there is another way"
_PAULIS = np.array([(1, 1, 1, 1), (1, 1, -1, -1), (1, -1, 1, -1), (1, -1, -1, 1)], dtype=np.float64)
"""From weights of Bell states (I, X, Y, Z) to the factors that swaps multiply."""


class _Worst(NamedTuple):
    """The worst pair that swaps make of good ones: its ends, its links, its fidelity."""

    ends: tuple[str, str]
    hops: int
    fidelity: Fidelity


def pair_warnings(plan: Plan, links: Sequence[Link]) -> tuple[str, ...]:
    r"""Say which of the plan's pairs have a fidelity of 0.5 or less when they are fresh.

    Args:
        plan: what asks for pairs.
        links: the compiled links of its network, in its order.

    Returns:
        A sentence on the links in use; one on the worst pair that is swapped out of better ones;
        what to do. Nothing where all is well.

    Example:
        >>> from interlace.circuit import parse_circuit
        >>> from interlace.compiler import distribute
        >>> from interlace.link import compile_links
        >>> from interlace.network import parse_network
        >>> comm = '{device: "ideal:1", communication_qubits: unlimited}'
        >>> text = f"interlace: 1\nmachines:\n  a: {comm}\n  b: {comm}\n"
        >>> net = parse_network(f"{text}links:\n  a--b: {{rate: 1 kHz, fidelity: 0.285}}\n")
        >>> bell = "OPENQASM 3.0; qubit[2] q; ctrl @ U(pi, 0, pi) q[0], q[1];"
        >>> plan = distribute(parse_circuit(bell), net)
        >>> pair_warnings(plan, compile_links(net))[0]
        'Pairs over a--b have fidelity 0.2850: no entanglement is left in them.'
    """
    used = np.unique(plan.pairs.link)
    weak = [index for index in used.tolist() if links[index].fidelity <= _LEAST + _SLACK]
    said = [_of_links([links[index] for index in weak])] if weak else []
    worst = _worst_swapped(plan, links, used, weak)
    if worst is not None:
        (a, b), hops, fidelity = worst
        said.append(
            f"Pairs swapped between {a} and {b} over {hops} links have fidelity "
            f"{fidelity_figure(fidelity)} end to end: no entanglement is left in them."
        )
    return (*said, f"{_ADVICE}.") if said else ()


def _of_links(weak: Sequence[Link]) -> str:
    """The links, worst first, of many the first."""
    worst_first = sorted(weak, key=lambda link: link.fidelity)
    useless = "no entanglement is left in them"
    if any(max(link.state) > _LEAST + _SLACK for link in weak):  # of another Bell state
        useless = "no entanglement that the program could use is in them"
    if len(weak) == 1:
        told = fidelity_figure(weak[0].fidelity)
        return f"Pairs over {weak[0].name} have fidelity {told}: {useless}."
    names = [f"{link.name} ({fidelity_figure(link.fidelity)})" for link in worst_first]
    more = len(names) - _MOST_NAMED
    if more > 1:
        names[_MOST_NAMED:] = [f"{more:,} more"]
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    return f"Pairs over {listed} have fidelity 0.5 or less: {useless}."


def _worst_swapped(
    plan: Plan, links: Sequence[Link], used: IntArray, weak: Sequence[int]
) -> _Worst | None:
    """Of the pairs that swaps make of links above 0.5, the worst one; `None`: it is above, too."""
    chain = _chains(plan)
    if chain is None:
        return None
    link, chains = plan.pairs.link, int(chain.max(initial=-1)) + 1
    states = np.zeros((len(links), 4))
    states[used] = [links[index].state for index in used.tolist()]
    factor = np.ones((chains, 4))
    np.multiply.at(factor, chain, (states @ _PAULIS)[link])
    fidelity: FloatArray = factor.sum(axis=1) / 4.0
    hops = np.bincount(chain, minlength=chains)
    fidelity[hops < 2] = 1.0
    fidelity[chain[np.isin(link, list(weak))]] = 1.0  # said of the link already
    worst = int(np.argmin(fidelity))
    if fidelity[worst] > _LEAST + _SLACK:
        return None
    first, second = _ends(plan, links, np.flatnonzero(chain == worst))
    return _Worst((first, second), int(hops[worst]), float(fidelity[worst]))


def _chains(plan: Plan) -> IntArray | None:
    """Which pairs are swapped into one: its number, shape (P,); `None` where nothing is swapped."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    pairs, steps = plan.pairs, plan.steps
    swaps = np.flatnonzero(steps.kind == StepKind.SWAP)
    if len(swaps) == 0:
        return None
    # The pair in a cell is the last one whose first use there is not after the swap.
    cell = np.concatenate([pairs.first_cell, pairs.second_cell])
    since = cell * (len(steps) + 1) + np.concatenate([pairs.step, pairs.step])
    order = np.argsort(since, kind="stable")
    asked = steps.cells[steps.cell_start[swaps][:, None] + np.arange(2)]
    at = np.searchsorted(since[order], asked * (len(steps) + 1) + swaps[:, None], side="right") - 1
    left, right = (order[at] % len(pairs)).T
    joined = csr_array(
        (np.ones(len(swaps), dtype=np.int8), (left, right)), shape=(len(pairs), len(pairs))
    )
    _, chain = connected_components(joined, directed=False)
    return np.asarray(chain, dtype=np.int64)


def _ends(plan: Plan, links: Sequence[Link], chain: IntArray) -> tuple[str, str]:
    """The nodes that are at the end of one of the pairs only, by name."""
    nodes = np.array([links[index].ends for index in plan.pairs.link[chain].tolist()]).ravel()
    found, times = np.unique(nodes, return_counts=True)
    first, second = (plan.network.nodes[node].name for node in found[times == 1].tolist())
    return first, second
