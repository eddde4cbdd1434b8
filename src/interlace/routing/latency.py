"""How long classical messages take between any two nodes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from interlace.kernel import FloatArray
from interlace.link import Link
from interlace.network import Network

__all__ = ["classical_latency_s"]


def classical_latency_s(network: Network, links: Sequence[Link]) -> FloatArray:
    """One-way message time between every two nodes, over the links, by the fastest way.

    Messages pass nodes without delay. Floyd and Warshall, O(N^3) in array operations.

    Args:
        network: its nodes, in the order of `Network.nodes`.
        links: the compiled links.

    Returns:
        Seconds, shape (N, N), symmetric, zero on the diagonal, `inf` where no link leads.
    """
    size = len(network.nodes)
    latency_s = np.full((size, size), np.inf)
    np.fill_diagonal(latency_s, 0.0)
    for link in links:
        a, b = link.ends
        latency_s[a, b] = latency_s[b, a] = min(latency_s[a, b], link.latency_s)
    for via in range(size):
        np.minimum(latency_s, latency_s[:, via, None] + latency_s[None, via], out=latency_s)
    return latency_s
