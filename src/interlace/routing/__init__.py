"""Many hops: routes between machines, and the supply of ebits over them."""

from interlace.routing.expected import ExpectedSupply
from interlace.routing.latency import classical_latency_s
from interlace.routing.model import Route
from interlace.routing.paths import best_route
from interlace.routing.ports import EbitSupply, Pairs, Requests, SupplyUse
from interlace.routing.sampled import SampledSupply
from interlace.routing.waiting import expected_longest_wait_s

__all__ = [
    "EbitSupply",
    "ExpectedSupply",
    "Pairs",
    "Requests",
    "Route",
    "SampledSupply",
    "SupplyUse",
    "best_route",
    "classical_latency_s",
    "expected_longest_wait_s",
]
