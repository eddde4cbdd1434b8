"""A network as a Qiskit backend: one line of an existing program changes."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import partial
from os import PathLike
from types import MappingProxyType
from typing import Any

from qiskit.circuit import QuantumCircuit
from qiskit.providers import BackendV2, Options
from qiskit.result import Result as QiskitResult
from qiskit.transpiler import Target

from interlace import __version__
from interlace.arguments import SEEDS, SHOTS, TIMELINES, flag, share, whole, wrong
from interlace.errors import SpecError
from interlace.kernel import derived_seed
from interlace.network import Network, load_network
from interlace.qiskit.experiments import Head, head_of, result_of
from interlace.qiskit.job import JobLine, NetworkJob, Tell
from interlace.qiskit.placing import Placements
from interlace.qiskit.tasks import RunOptions, Task, carry_out, circuit_seed
from interlace.qiskit.universal import universal_target
from interlace.runtime import BACKENDS, Result
from interlace.units import Fidelity

__all__ = ["NetworkBackend"]


class NetworkBackend(BackendV2):
    """Several quantum computers and the links between them, as one device.

    A transpiler sees all data qubits of all machines, joined all to all, with every gate of
    interlace's table: it neither routes nor places. `run` distributes each circuit over the
    machines, checks the plan, and runs it with the noise that the network implies.

    Args:
        network: the path of a network file, or what `interlace.load_network` gives.
        shots: how often a circuit runs unless `run` says otherwise.
        seed: of the search for placements, and of all chance: the first job runs with it, later
            ones with seeds derived from it, unless `run` is given `seed_simulator`. Same program,
            same results.
        timelines: histories of the links that are sampled; `None`: 32.
        backend: the simulator, one of auto, stim, frames, aer-statevector, aer-density, aer-mps.
        ideal: all error rates are zero; every teleportation and correction stays.
        min_fidelity: every ebit between two machines has at least this fidelity when fresh.
        assign: qubits by machine name, for every circuit; `None`: search.
        name: what Qiskit calls the backend; `None`: the network's name.

    Raises:
        SpecError: the network file breaks a rule, or an argument is out of range.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0), bell.cx(0, 1), bell.measure_all()
        >>> backend = NetworkBackend("examples/three-cities.yaml", ideal=True)
        >>> sorted(backend.run(bell, shots=100).result().get_counts())
        ['00', '11']
    """

    def __init__(
        self,
        network: Network | str | PathLike[str],
        *,
        shots: int = 1024,
        seed: int = 0,
        timelines: int | None = None,
        backend: str = "auto",
        ideal: bool = False,
        min_fidelity: Fidelity | None = None,
        assign: Mapping[str, Sequence[int]] | None = None,
        name: str | None = None,
    ) -> None:
        self._network = network if isinstance(network, Network) else load_network(network)
        super().__init__(
            name=self._network.name if name is None else name,
            description=_description(self._network),
            backend_version=__version__,
            **_checked(
                {"shots": shots, "timelines": timelines, "backend": backend, "ideal": ideal}
            ),
        )
        self._seed = whole("seed", seed, SEEDS)
        self._placements = Placements(
            network=self._network,
            assign=None if assign is None else {key: tuple(assign[key]) for key in assign},
            min_fidelity=None if min_fidelity is None else share("min_fidelity", min_fidelity),
            seed=self._seed,
        )
        self._target = universal_target(
            self._placements.room, description=_description(self._network)
        )
        self._line = JobLine()

    def __deepcopy__(self, memo: dict[int, Any]) -> NetworkBackend:
        """A backend with options of its own; placements, seeds and the line of jobs are shared.

        Qiskit's run time copies a backend for every job: each must have the next seed, as if the
        backend itself had run it.
        """
        twin = object.__new__(type(self))
        for name, value in vars(self).items():
            setattr(twin, name, value)
        twin._options = deepcopy(self._options, memo)
        return twin

    @property
    def network(self) -> Network:
        """The machines and links."""
        return self._network

    @property
    def target(self) -> Target:  # pyright: ignore[reportIncompatibleMethodOverride]
        """One all-to-all device of all data qubits."""
        return self._target

    @property
    def run_options(self) -> dict[str, Any]:
        """The options of every run that says nothing else; `set_options` changes them."""
        return dict(vars(self.options))

    @property
    def max_circuits(self) -> None:
        """No limit."""
        return

    @classmethod
    def _default_options(cls) -> Options:  # pyright: ignore[reportIncompatibleMethodOverride]
        return Options(
            shots=1024,
            seed_simulator=None,
            memory=False,
            timelines=None,
            backend="auto",
            ideal=False,
        )

    def run(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        run_input: QuantumCircuit | Sequence[QuantumCircuit],
        **options: Any,  # noqa: ANN401  (as BackendV2.run)
    ) -> NetworkJob:
        """Distribute and run circuits.

        Circuit k of a list runs with a seed derived from the job's and k; the first with the
        job's own, so that `interlace.run(plan, seed=...)` gives the same samples.

        Args:
            run_input: a circuit, or several; every parameter bound.
            options: `shots`, `seed_simulator`, `memory` (list every shot in order), `timelines`,
                `backend`, `ideal`, in place of the backend's own.

        Returns:
            A job that is under way. Whatever is wrong with a circuit is raised by its `result`.

        Raises:
            SpecError: no such option, one out of range, or something that is no circuit.
        """
        circuits = _circuits(run_input)
        chosen = _checked({**self.run_options, **options})
        seed = self.job_seed(chosen["seed_simulator"])
        tasks = [
            Task(
                circuit=partial(_itself, qc),
                num_qubits=qc.num_qubits,
                shots=chosen["shots"],
                seed=circuit_seed(seed, index),
            )
            for index, qc in enumerate(circuits)
        ]
        assemble = partial(
            _assembled,
            heads=[head_of(qc) for qc in circuits],
            backend_name=str(self.name),
            memory=chosen["memory"],
        )
        return self.submit(tasks, assemble, chosen)

    def submit(
        self,
        tasks: Sequence[Task],
        assemble: Callable[[str, tuple[Result, ...]], QiskitResult] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> NetworkJob:
        """Queue a job of tasks: what `run` and the primitives stand on.

        Args:
            tasks: what to run.
            assemble: makes Qiskit's result of the job's id and runs; `None`: nobody will ask.
            options: checked ones; `None`: the backend's own.
        """
        chosen = _checked(self.run_options) if options is None else options
        work = partial(
            _work,
            tasks,
            self._placements,
            RunOptions(
                timelines=chosen["timelines"], backend=chosen["backend"], ideal=chosen["ideal"]
            ),
        )
        job = NetworkJob(
            self,
            str(uuid.uuid4()),
            circuits=len(tasks),
            work=work,
            assemble=assemble or _nothing,
            queue=self._line.queue,
        )
        job.submit()
        return job

    def job_seed(self, seed_simulator: int | None) -> int:
        """The seed of a new job: the given one, or the next of the backend's own.

        Raises:
            SpecError: the given one is out of range.
        """
        if seed_simulator is not None:
            return whole("seed_simulator", seed_simulator, SEEDS)
        number = self._line.next_number()
        return self._seed if number == 0 else derived_seed(self._seed, "job", number)


def _description(network: Network) -> str:
    return f"{len(network.machines)} machines and {len(network.links)} links of {network.name}"


def _itself(qc: QuantumCircuit) -> QuantumCircuit:
    return qc


def _work(
    tasks: Sequence[Task], placements: Placements, options: RunOptions, tell: Tell
) -> Iterator[Result]:
    return carry_out(tasks, placements, options, progress=tell)


def _nothing(job_id: str, _runs: tuple[Result, ...]) -> QiskitResult:
    return QiskitResult(job_id=job_id, success=True, results=[])


def _assembled(
    job_id: str,
    runs: tuple[Result, ...],
    *,
    heads: Sequence[Head],
    backend_name: str,
    memory: bool,
) -> QiskitResult:
    return result_of(
        runs,
        heads,
        backend_name=backend_name,
        backend_version=__version__,
        job_id=job_id,
        memory=memory,
    )


def _circuits(run_input: object) -> tuple[QuantumCircuit, ...]:
    if isinstance(run_input, QuantumCircuit):
        return (run_input,)
    found: list[QuantumCircuit] = []
    for circuit in run_input if isinstance(run_input, Iterable) else (run_input,):
        if not isinstance(circuit, QuantumCircuit):
            raise wrong("run_input", "must be a QuantumCircuit, or a list of them", circuit)
        found.append(circuit)
    return tuple(found)


def _simulator(value: object) -> str:
    if value not in BACKENDS:
        raise wrong("backend", f"must be one of {', '.join(BACKENDS)}", value)
    return str(value)


_RULES: Mapping[str, Callable[[object], object]] = MappingProxyType(
    {
        "shots": partial(whole, "shots", allowed=SHOTS),
        "seed_simulator": partial(whole, "seed_simulator", allowed=SEEDS),
        "memory": partial(flag, "memory"),
        "timelines": partial(whole, "timelines", allowed=TIMELINES),
        "backend": _simulator,
        "ideal": partial(flag, "ideal"),
    }
)
_MAY_BE_NONE = ("seed_simulator", "timelines")


def _checked(options: Mapping[str, object]) -> dict[str, Any]:
    """Options of a run, each by its rule."""
    checked: dict[str, Any] = {}
    for name, value in options.items():
        if name not in _RULES:
            rule = f"no such option; there are {', '.join(_RULES)}"
            raise SpecError(rule, value=name)
        is_open = value is None and name in _MAY_BE_NONE
        checked[name] = None if is_open else _RULES[name](value)
    return checked
