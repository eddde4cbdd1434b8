"""Schemes as data: what each is called, where it comes from, what computes it.

The chain that a scheme wants, and the keys of the file that it takes, stand in
`interlace.network.chains` under the same name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from interlace.link.generation import Generation
from interlace.link.latching import by_midpoint_source
from interlace.link.sending import by_direct_transduction, by_microwave_transfer
from interlace.link.stations import by_double_click, by_single_click
from interlace.network import HardwareSource

__all__ = ["SCHEMES", "Scheme"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """One way to make a pair.

    Attributes:
        name: as people write it.
        citation: where it was proposed, and where its imperfections are modelled.
        generate: the hardware as a table of numbers.
    """

    name: str
    citation: str
    generate: Callable[[HardwareSource], Generation]


SCHEMES: tuple[Scheme, ...] = (
    Scheme(
        name="single-click",
        citation=(
            "Cabrillo et al., Phys. Rev. A 59, 1025 (1999), doi:10.1103/PhysRevA.59.1025; "
            "Hermans et al., New J. Phys. 25, 013011 (2023), arXiv:2208.07449"
        ),
        generate=by_single_click,
    ),
    Scheme(
        name="double-click",
        citation=(
            "Barrett, Kok, Phys. Rev. A 71, 060310 (2005), doi:10.1103/PhysRevA.71.060310; "
            "Avis et al., npj Quantum Inf. 9, 100 (2023), arXiv:2207.10579"
        ),
        generate=by_double_click,
    ),
    Scheme(
        name="midpoint-source",
        citation=(
            "Jones et al., New J. Phys. 18, 083015 (2016), "
            "doi:10.1088/1367-2630/18/8/083015, arXiv:1505.01536"
        ),
        generate=by_midpoint_source,
    ),
    Scheme(
        name="direct-transduction",
        citation=(
            "Zeuthen et al., Quantum Sci. Technol. 5, 034009 (2020), "
            "doi:10.1088/2058-9565/ab8962; erasure detection as in Kurpiers et al., Phys. Rev. "
            "Appl. 12, 044067 (2019), arXiv:1811.07604"
        ),
        generate=by_direct_transduction,
    ),
    Scheme(
        name="microwave-transfer",
        citation=(
            "Cirac et al., Phys. Rev. Lett. 78, 3221 (1997), doi:10.1103/PhysRevLett.78.3221; "
            "Kurpiers et al., Nature 558, 264 (2018), arXiv:1712.08593"
        ),
        generate=by_microwave_transfer,
    ),
)
"""Every scheme that a link may name."""
