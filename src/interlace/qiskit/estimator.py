"""Expectation values over a network: Qiskit's estimator, version 2."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
from qiskit.circuit import QuantumCircuit
from qiskit.primitives import BaseEstimatorV2, DataBin, PrimitiveResult, PubResult
from qiskit.primitives.containers import EstimatorPub, EstimatorPubLike

from interlace.arguments import SHOTS
from interlace.errors import SpecError
from interlace.qiskit.backend import NetworkBackend
from interlace.qiskit.experiments import summary_of
from interlace.qiskit.observing import Basis, bases_for, expectation, measured_in
from interlace.qiskit.options import EstimatorOptions, options_of
from interlace.qiskit.primitive import NetworkPrimitiveJob, checked_mode
from interlace.qiskit.tasks import Task, circuit_seed
from interlace.runtime import Result

__all__ = ["EstimatorV2"]

_Index = tuple[int, ...]


class EstimatorV2(BaseEstimatorV2):
    """Expectation values of circuits that run distributed over a network.

    Takes and gives what Qiskit's `StatevectorEstimator` does: pubs of circuit, observables,
    parameter values and precision, broadcast against one another; `evs` and `stds`. A precision p
    is met with ceil(1 / p^2) shots of each circuit, as Qiskit's `BackendEstimatorV2` does it.

    Args:
        mode: the backend, or a session on it.
        options: `default_precision`, `default_shots`, `abelian_grouping`, `seed_simulator`; a
            mapping or `EstimatorOptions`.

    Raises:
        SpecError: the mode has no `NetworkBackend`, or there is no such option.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0), bell.cx(0, 1)
        >>> backend = NetworkBackend("examples/three-cities.yaml", ideal=True)
        >>> result = EstimatorV2(mode=backend).run([(bell, ["ZZ", "XX", "YY"])]).result()
        >>> [int(ev) for ev in result[0].data.evs]
        [1, 1, -1]
    """

    def __init__(
        self,
        mode: NetworkBackend,
        options: EstimatorOptions | Mapping[str, Any] | None = None,
    ) -> None:
        self._backend = checked_mode(mode)
        self._options = options_of(EstimatorOptions, options)

    @property
    def mode(self) -> NetworkBackend:
        """The backend."""
        return self._backend

    @property
    def options(self) -> EstimatorOptions:
        """The options; setting one counts for the runs that follow."""
        return self._options

    def run(
        self, pubs: Iterable[EstimatorPubLike], *, precision: float | None = None
    ) -> NetworkPrimitiveJob:
        """Estimate the observables of the pubs.

        Args:
            pubs: tuples of circuit, observables, parameter values and precision.
            precision: for pubs that do not say; `None`: by the options.

        Returns:
            A job. Each pub's result has in its metadata `target_precision`, `shots`,
            `circuit_metadata` and, under `interlace`, a summary of every circuit's run.

        Raises:
            ValueError, TypeError: a pub is not sound, as Qiskit's own primitives say it.
            SpecError: the seed is out of range, or a precision takes more than 1e9 shots.
        """
        options = self._options
        if precision is None:
            precision = options.default_precision
            if options.default_shots is not None:
                precision = 1.0 / math.sqrt(options.default_shots)
        coerced = [EstimatorPub.coerce(pub, precision) for pub in pubs]
        shots = [_shots(number, pub) for number, pub in enumerate(coerced)]
        given = options.seed_simulator
        seed = self._backend.job_seed(options.simulator.seed_simulator if given is None else given)
        parts = [_needs(pub, grouped=options.abelian_grouping) for pub in coerced]
        tasks: list[Task] = []
        for pub, part, count in zip(coerced, parts, shots, strict=True):
            first = _first_binding(pub)
            template = cache(partial(measured_in, pub.circuit))
            tasks += [
                Task(
                    circuit=partial(_bound, pub, template, basis, index),
                    num_qubits=pub.circuit.num_qubits,
                    shots=count,
                    seed=circuit_seed(seed, len(tasks) + k),
                    placed_as=first,
                )
                for k, (index, basis) in enumerate(part.circuits)
            ]
        job = self._backend.submit(tasks)
        return NetworkPrimitiveJob(job, partial(_read, coerced, parts, shots))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Needs:
    """What a pub needs, broadcast to its shape.

    Attributes:
        shape: of the results.
        parts: for each element in turn the index of its parameter values, and its observable's
            coefficients by term.
        circuits: what to run: parameter values and basis.
    """

    shape: tuple[int, ...]
    parts: tuple[tuple[_Index, Mapping[str, float]], ...]
    circuits: tuple[tuple[_Index, Basis], ...]


def _needs(pub: EstimatorPub, *, grouped: bool) -> _Needs:
    shape = pub.parameter_values.shape
    indices = np.fromiter(np.ndindex(*shape), dtype=object).reshape(shape)
    bound, observed = np.broadcast_arrays(indices, np.asarray(pub.observables))
    parts: list[tuple[_Index, Mapping[str, float]]] = list(
        zip(bound.ravel().tolist(), observed.ravel().tolist(), strict=True)
    )
    wanted: dict[_Index, set[str]] = {}
    for index, observable in parts:
        wanted.setdefault(index, set()).update(observable)
    bases = cache(partial(bases_for, grouped=grouped))
    circuits = [
        (index, basis) for index, terms in wanted.items() for basis in bases(frozenset(terms))
    ]
    return _Needs(shape=bound.shape, parts=tuple(parts), circuits=tuple(circuits))


_LEAST_PRECISION = 1.0 / math.sqrt(SHOTS.most)


def _shots(number: int, pub: EstimatorPub) -> int:
    precision = pub.precision
    if precision is None or not precision > 0.0:
        msg = f"pub {number} asks for the precision {precision}: it must be above 0"
        raise ValueError(msg)
    if precision < _LEAST_PRECISION * (1.0 - 1e-9):
        rule = (
            f"pub {number} asks for too many shots: a precision p takes 1 / p^2, at most "
            f"{SHOTS.most:,}, so it must be at least {_LEAST_PRECISION:.3g}"
        )
        raise SpecError(rule, value=precision, path="precision")
    return min(math.ceil(1.0 / precision**2), SHOTS.most)


def _first_binding(pub: EstimatorPub) -> Callable[[], QuantumCircuit]:
    """The pub's circuit without its measurements: all bases share its placement."""
    zero = (0,) * pub.parameter_values.ndim
    return cache(partial(pub.parameter_values.bind, pub.circuit, zero))


def _bound(
    pub: EstimatorPub,
    template: Callable[[Basis], QuantumCircuit],
    basis: Basis,
    index: _Index,
) -> QuantumCircuit:
    return pub.parameter_values.bind(template(basis), index)


def _read(
    pubs: Sequence[EstimatorPub],
    parts: Sequence[_Needs],
    shots: Sequence[int],
    runs: tuple[Result, ...],
) -> PrimitiveResult[Any]:
    results: list[PubResult] = []
    begin = 0
    for pub, part, count in zip(pubs, parts, shots, strict=True):
        end = begin + len(part.circuits)
        results.append(_pub_result(pub, part, count, runs[begin:end]))
        begin = end
    return PrimitiveResult(results, metadata={"version": 2})


def _pub_result(pub: EstimatorPub, part: _Needs, shots: int, runs: Sequence[Result]) -> PubResult:
    by_index: dict[_Index, list[tuple[Basis, Result]]] = {}
    for (index, basis), run in zip(part.circuits, runs, strict=True):
        by_index.setdefault(index, []).append((basis, run))
    found = [expectation(observable, by_index.get(index, [])) for index, observable in part.parts]
    evs = np.array([value for value, _ in found], dtype=np.float64).reshape(part.shape)
    stds = np.array([error for _, error in found], dtype=np.float64).reshape(part.shape)
    return PubResult(
        DataBin(evs=evs, stds=stds, shape=evs.shape),
        metadata={
            "target_precision": pub.precision,
            "shots": shots,
            "circuit_metadata": pub.circuit.metadata,
            "interlace": [summary_of(run) for run in runs],
        },
    )
