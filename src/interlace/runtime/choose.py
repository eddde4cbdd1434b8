"""Which simulator runs a program, and why."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from interlace.compiler import Executable
from interlace.errors import InfeasibleError, SpecError
from interlace.runtime.aer_backend import AerSimulator
from interlace.runtime.frames_backend import FramesSimulator
from interlace.runtime.misreading import MOST_SHIFT, readout_shift
from interlace.runtime.outcomes import MOST_BITS
from interlace.runtime.ports import Estimate, Noise, Simulator
from interlace.runtime.stim_backend import StimSimulator
from interlace.units import Probability

__all__ = ["BACKENDS", "Choice", "choose", "memory_bytes", "outlook"]

BACKENDS = ("auto", "stim", "frames", "aer-statevector", "aer-density", "aer-mps")
"""What `backend` may be."""

_SHARE = 0.8
"""Of the machine's memory that a run may take."""

_LONG_S = 20.0
"""From here on a run says beforehand what it will take."""

_QUICK_S = 1.0
"""What stim takes less for is left to stim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A simulator, the reason in words, and what the run will take."""

    simulator: Simulator
    reason: str
    estimate: Estimate


def memory_bytes() -> int:
    """Memory of this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def choose(
    program: Executable,
    *,
    backend: str,
    shots: int,
    timelines: int,
    noise: Noise | None,
    memory: int,
) -> Choice:
    """Choose the simulator that `backend` names, or with `auto` the best one.

    `auto` takes stim for a Clifford program, but frames where outcomes are too wide to count,
    where stim's symmetrised readout could shift an outcome's probability by more than 0.01, or
    where stim would take more than a second and frames less than stim, by estimate. For the other
    programs it takes the quicker of density matrix and state vector, by estimate, that fits the
    memory, else matrix product states.

    Raises:
        SpecError: no such backend, or it cannot run this program.
        InfeasibleError: the simulator needs more memory than there is.
    """
    if backend not in BACKENDS:
        raise SpecError(f"no such backend; there are {', '.join(BACKENDS)}", value=backend)

    def estimated(simulator: Simulator) -> Estimate:
        return simulator.estimate(program, shots=shots, timelines=timelines, noise=noise)

    if backend != "auto":
        return _forced(program, _simulator(backend), estimated, memory=memory)
    stim = StimSimulator()
    foreign = stim.refusal(program)
    if foreign is None:
        shift = 0.0 if noise is None else readout_shift(program, noise)
        return _for_clifford(program, stim, estimated, memory=memory, shift=shift)
    found: list[tuple[float, Choice]] = []
    for name, words in (
        ("aer-statevector", "a state vector"),
        ("aer-density", "one density matrix a timeline"),
    ):
        simulator = AerSimulator(name)
        if simulator.refusal(program) is None:
            estimate = estimated(simulator)
            if estimate.bytes <= _SHARE * memory:
                reason = f"{foreign}; {words} is the quickest exact way"
                choice = Choice(simulator=simulator, reason=reason, estimate=estimate)
                found.append((estimate.seconds, choice))
    if found:
        return min(found, key=lambda pair: pair[0])[1]
    mps = AerSimulator("aer-mps")
    refused = mps.refusal(program)
    if refused is not None:
        msg = f"no simulator runs this program: {foreign}, and for aer-mps {refused}"
        raise InfeasibleError(msg)
    reason = f"{foreign}, and a state vector does not fit the memory"
    return Choice(simulator=mps, reason=reason, estimate=estimated(mps))


def _for_clifford(
    program: Executable,
    stim: StimSimulator,
    estimated: Callable[[Simulator], Estimate],
    *,
    memory: int,
    shift: Probability,
) -> Choice:
    """Stim, or Pauli frames where the program is wide, is misread unevenly, or they are quicker."""
    frames = FramesSimulator()
    in_text, in_words = estimated(stim), estimated(frames)
    is_quicker = in_text.seconds > _QUICK_S and in_words.seconds < in_text.seconds
    refused = None
    is_uneven = shift > MOST_SHIFT
    if program.num_program_bits > MOST_BITS or is_quicker or is_uneven:
        refused = frames.refusal(program)
        if refused is None:
            reason = "every gate is Clifford, so Pauli frames sample the program at any size"
            if is_uneven:
                reason += "; 0 and 1 are misread unevenly, which stim would not keep apart"
            return Choice(simulator=frames, reason=reason, estimate=in_words)
    if in_text.bytes > _SHARE * memory:
        why = "" if refused is None else f"; frames cannot run it: {refused}"
        msg = (
            f"stim needs {_size(in_text.bytes)} for this program, this machine has "
            f"{_size(memory)}{why}; try a smaller circuit"
        )
        raise InfeasibleError(msg)
    reason = "every gate is Clifford, so stim samples the program at any size"
    return Choice(simulator=stim, reason=reason, estimate=in_text)


def _simulator(backend: str) -> Simulator:
    if backend == "frames":
        return FramesSimulator()
    return StimSimulator() if backend == "stim" else AerSimulator(backend)


def _forced(
    program: Executable,
    simulator: Simulator,
    estimated: Callable[[Simulator], Estimate],
    *,
    memory: int,
) -> Choice:
    refused = simulator.refusal(program)
    if refused is not None:
        raise SpecError(f"{simulator.name} cannot run this program: {refused}; try auto")
    estimate = estimated(simulator)
    if estimate.bytes > _SHARE * memory:
        msg = (
            f"{simulator.name} needs {_size(estimate.bytes)} for this program, this machine has "
            f"{_size(memory)}: try aer-mps, or a smaller circuit"
        )
        raise InfeasibleError(msg)
    return Choice(simulator=simulator, reason="asked for", estimate=estimate)


def outlook(choice: Choice, *, workers: int, memory: int) -> str | None:
    """How long and how much, in words, for a run that takes long or much; `None` for others."""
    seconds = choice.estimate.seconds / workers
    size = choice.estimate.bytes * workers
    if seconds < _LONG_S and size <= memory / 2:
        return None
    return (
        f"about {_duration(seconds)} and {_size(size)} of memory "
        f"({choice.simulator.name}, {workers} {'process' if workers == 1 else 'processes'})"
    )


def _duration(seconds: float) -> str:
    for limit, unit, name in ((120, 1, "seconds"), (7200, 60, "minutes"), (172_800, 3600, "hours")):
        if seconds < limit:
            return f"{max(1, round(seconds / unit))} {name}"
    return f"{round(seconds / 86_400)} days"


def _size(count: int) -> str:
    for unit in ("MB", "GB", "TB"):
        count_in = count / 1000 ** (("MB", "GB", "TB").index(unit) + 2)
        if count_in < 1000:
            return f"{count_in:.2g} {unit}" if count_in < 10 else f"{count_in:.0f} {unit}"
    return "more than a petabyte"
