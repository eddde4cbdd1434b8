"""Carry a plan out: timelines, noise, simulators, results."""

from interlace.runtime.choose import BACKENDS
from interlace.runtime.execution import run
from interlace.runtime.model import (
    AloneResult,
    FidelityEstimate,
    LinkUse,
    ProductMeans,
    Result,
    Span,
    StabilizerEstimate,
    Trace,
    WeakProduct,
)
from interlace.runtime.ports import (
    Estimate,
    Noise,
    Observables,
    Samples,
    SimulationJob,
    Simulator,
)
from interlace.runtime.separable import pair_warnings

__all__ = [
    "BACKENDS",
    "AloneResult",
    "Estimate",
    "FidelityEstimate",
    "LinkUse",
    "Noise",
    "Observables",
    "ProductMeans",
    "Result",
    "Samples",
    "SimulationJob",
    "Simulator",
    "Span",
    "StabilizerEstimate",
    "Trace",
    "WeakProduct",
    "pair_warnings",
    "run",
]
