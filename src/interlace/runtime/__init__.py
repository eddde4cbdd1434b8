"""Carry a plan out: timelines, noise, simulators, results."""

from interlace.runtime.choose import BACKENDS
from interlace.runtime.execution import run
from interlace.runtime.model import AloneResult, FidelityEstimate, LinkUse, Result, Span, Trace
from interlace.runtime.ports import Estimate, Noise, SimulationJob, Simulator

__all__ = [
    "BACKENDS",
    "AloneResult",
    "Estimate",
    "FidelityEstimate",
    "LinkUse",
    "Noise",
    "Result",
    "SimulationJob",
    "Simulator",
    "Span",
    "Trace",
    "run",
]
