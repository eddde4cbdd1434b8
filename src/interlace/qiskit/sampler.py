"""Samples over a network: Qiskit's sampler, version 2."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from qiskit.primitives import BaseSamplerV2, BitArray, DataBin, PrimitiveResult, SamplerPubResult
from qiskit.primitives.containers import SamplerPub, SamplerPubLike

from interlace.kernel import ByteArray
from interlace.qiskit.backend import NetworkBackend
from interlace.qiskit.experiments import is_measured, summary_of
from interlace.qiskit.options import SamplerOptions, options_of
from interlace.qiskit.primitive import NetworkPrimitiveJob, checked_mode
from interlace.qiskit.tasks import Task, circuit_seed
from interlace.runtime import Result

__all__ = ["SamplerV2"]


class SamplerV2(BaseSamplerV2):
    """Outcomes of circuits that run distributed over a network.

    Takes and gives what Qiskit's `StatevectorSampler` does: pubs of circuit, parameter values and
    shots; a `BitArray` for each classical register. Mid-circuit measurement and reset work.

    Args:
        mode: the backend, or a session on it.
        options: `default_shots`, `seed_simulator`; a mapping or `SamplerOptions`.

    Raises:
        SpecError: the mode has no `NetworkBackend`, or there is no such option.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0), bell.cx(0, 1), bell.measure_all()
        >>> backend = NetworkBackend("examples/three-cities.yaml", ideal=True)
        >>> job = SamplerV2(mode=backend).run([bell], shots=100)
        >>> sorted(job.result()[0].data.meas.get_counts())
        ['00', '11']
    """

    def __init__(
        self,
        mode: NetworkBackend,
        options: SamplerOptions | Mapping[str, Any] | None = None,
    ) -> None:
        self._backend = checked_mode(mode)
        self._options = options_of(SamplerOptions, options)

    @property
    def mode(self) -> NetworkBackend:
        """The backend."""
        return self._backend

    @property
    def options(self) -> SamplerOptions:
        """The options; setting one counts for the runs that follow."""
        return self._options

    def run(
        self, pubs: Iterable[SamplerPubLike], *, shots: int | None = None
    ) -> NetworkPrimitiveJob:
        """Sample the circuits of the pubs.

        Args:
            pubs: circuits, or tuples of circuit, parameter values and shots.
            shots: for pubs that do not say; `None`: the options' `default_shots`.

        Returns:
            A job. Each pub's result has in its metadata `shots`, `circuit_metadata` and, under
            `interlace`, a summary of every circuit's run.

        Raises:
            ValueError, TypeError: a pub is not sound, as Qiskit's own primitives say it.
            SpecError: the seed is out of range.
        """
        if shots is None:
            shots = self._options.default_shots
        if shots is None:
            shots = int(self._backend.run_options["shots"])
        coerced = [SamplerPub.coerce(pub, shots) for pub in pubs]
        _warn_of_nothing_to_read(coerced)
        options = self._options
        given = options.seed_simulator
        seed = self._backend.job_seed(options.simulator.seed_simulator if given is None else given)
        bound = [(pub, index) for pub in coerced for index in np.ndindex(*pub.shape)]
        tasks = [
            Task(
                circuit=partial(pub.parameter_values.bind, pub.circuit, index),
                num_qubits=pub.circuit.num_qubits,
                shots=_shots(pub),
                seed=circuit_seed(seed, number),
            )
            for number, (pub, index) in enumerate(bound)
        ]
        job = self._backend.submit(tasks)
        return NetworkPrimitiveJob(job, partial(_read, coerced))


def _shots(pub: SamplerPub) -> int:
    return 0 if pub.shots is None else int(pub.shots)


def _warn_of_nothing_to_read(pubs: Sequence[SamplerPub]) -> None:
    for number, pub in enumerate(pubs):
        if not pub.circuit.cregs:
            warnings.warn(
                f"The circuit of pub {number} has no classical registers, so its result will be "
                "empty: add measurements, as `measure_all` does.",
                UserWarning,
                stacklevel=3,
            )


def _read(pubs: Sequence[SamplerPub], runs: tuple[Result, ...]) -> PrimitiveResult[Any]:
    results: list[SamplerPubResult] = []
    begin = 0
    for pub in pubs:
        end = begin + pub.size
        results.append(_pub_result(pub, runs[begin:end]))
        begin = end
    return PrimitiveResult(results, metadata={"version": 2})


def _pub_result(pub: SamplerPub, runs: Sequence[Result]) -> SamplerPubResult:
    circuit = pub.circuit
    shape = (*pub.shape, _shots(pub), circuit.num_clbits)
    samples = np.zeros((len(runs), *shape[-2:]), dtype=np.uint8)
    if is_measured(circuit):
        for number, run in enumerate(runs):
            samples[number] = run.samples
    samples = samples.reshape(shape)
    registers = {
        register.name: _bits(samples, [circuit.find_bit(bit).index for bit in register])
        for register in circuit.cregs
    }
    return SamplerPubResult(
        DataBin(**registers, shape=pub.shape),
        metadata={
            "shots": _shots(pub),
            "circuit_metadata": circuit.metadata,
            "interlace": [summary_of(run) for run in runs],
        },
    )


def _bits(samples: ByteArray, columns: Sequence[int]) -> BitArray:
    return BitArray.from_bool_array(samples[..., columns].astype(bool), order="little")
