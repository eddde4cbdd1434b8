"""Runs as Qiskit's result: counts and memory in hexadecimal, headers, a summary of each run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from qiskit.circuit import QuantumCircuit
from qiskit.result import Result as QiskitResult
from qiskit.result.models import ExperimentResult, ExperimentResultData, MeasLevel

from interlace.kernel import ByteArray
from interlace.report import Report
from interlace.runtime import Result

__all__ = ["Head", "head_of", "is_measured", "result_of", "summary_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What Qiskit's result says about a circuit.

    Attributes:
        bits: classical bits, in registers or not.
        is_measured: whether anything is written to them.
    """

    name: str
    qubits: int
    bits: int
    qubit_registers: tuple[tuple[str, int], ...]
    bit_registers: tuple[tuple[str, int], ...]
    metadata: dict[str, Any]
    is_measured: bool


def head_of(qc: QuantumCircuit) -> Head:
    """The head of one circuit."""
    return Head(
        name=str(qc.name),
        qubits=qc.num_qubits,
        bits=qc.num_clbits,
        qubit_registers=tuple((register.name, register.size) for register in qc.qregs),
        bit_registers=tuple((register.name, register.size) for register in qc.cregs),
        metadata=dict(qc.metadata or {}),
        is_measured=is_measured(qc),
    )


def is_measured(qc: QuantumCircuit) -> bool:
    """Whether any classical bit is written, also inside a composite instruction."""
    return any(instruction.clbits for instruction in qc.data if instruction.name != "barrier")


def result_of(
    runs: Sequence[Result],
    heads: Sequence[Head],
    *,
    backend_name: str,
    backend_version: str,
    job_id: str,
    memory: bool,
) -> QiskitResult:
    """Qiskit's result of a job.

    Args:
        runs: one for each circuit.
        heads: of the circuits.
        backend_name: of what ran them.
        backend_version: the same's.
        job_id: of the job.
        memory: also list the outcome of every shot, in order.
    """
    return QiskitResult(
        backend_name=backend_name,
        backend_version=backend_version,
        job_id=job_id,
        success=True,
        status="COMPLETED",
        results=[
            _experiment(run, head, memory=memory) for run, head in zip(runs, heads, strict=True)
        ],
    )


def _experiment(run: Result, head: Head, *, memory: bool) -> ExperimentResult:
    data = ExperimentResultData()
    if head.is_measured:
        words = _hexadecimal(run.samples)
        data = ExperimentResultData(counts=dict(Counter(words)), memory=words if memory else None)
    header = {
        "name": head.name,
        "n_qubits": head.qubits,
        "qreg_sizes": [list(register) for register in head.qubit_registers],
        "creg_sizes": [list(register) for register in head.bit_registers],
        "memory_slots": head.bits,
        "metadata": head.metadata,
        "interlace": summary_of(run),
    }
    return ExperimentResult(
        shots=run.shots,
        success=True,
        data=data,
        meas_level=MeasLevel.CLASSIFIED,
        status="DONE",
        seed=run.seed,
        header=header,
    )


def _hexadecimal(samples: ByteArray) -> list[str]:
    """Every shot as Qiskit writes it: bit 0 is the lowest."""
    packed = np.packbits(samples, axis=1, bitorder="little")
    if packed.shape[1] <= 8:
        padded = np.zeros((len(packed), 8), dtype=np.uint8)
        padded[:, : packed.shape[1]] = packed
        return [hex(value) for value in padded.view("<u8")[:, 0].tolist()]
    return [hex(int.from_bytes(row.tobytes(), "little")) for row in packed]


def summary_of(run: Result) -> dict[str, Any]:
    """A run in plain values, for metadata: what it needed and what limited it.

    The keys: `plan` (its content id), `ebits` (pairs on links), `makespan_s` (mean seconds that
    one shot takes on the network), `fidelity` (against the circuit without noise, with its
    standard error; `None` if unknown), `expected_errors` (a shot), `limit` (a sentence),
    `simulator`, `ideal`, `shots`, `seed`, `timelines`. `interlace.run` of the plan with that seed
    gives the same samples.
    """
    fidelity = run.fidelity
    return {
        "plan": run.plan.content_id(),
        "ebits": len(run.plan.pairs),
        "makespan_s": float(run.makespan_s.mean()),
        "fidelity": None if fidelity is None else float(fidelity.value),
        "fidelity_error": None if fidelity is None else float(fidelity.error),
        "expected_errors": float(sum(count for _, count in run.error_breakdown)),
        "limit": Report(run).limit(),
        "simulator": run.backend,
        "ideal": run.ideal,
        "shots": run.shots,
        "seed": run.seed,
        "timelines": run.timelines,
    }
