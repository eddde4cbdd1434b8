"""Many hops: routes between machines, and the supply of ebits over them."""

from interlace.routing.model import Route
from interlace.routing.ports import EbitSupply, Pairs, Requests, SupplyUse

__all__ = ["EbitSupply", "Pairs", "Requests", "Route", "SupplyUse"]
