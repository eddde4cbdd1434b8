"""What a run did not simulate exactly, said only where it can have changed its numbers.

A simulator lists everything that it approximates. Here stands which of that the
noise of a run brings into play: a twirled relaxation is none where nothing relaxes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from interlace.circuit import NO_BIT
from interlace.compiler import Executable
from interlace.link import Link
from interlace.runtime.feedforward import HALVED
from interlace.runtime.lives import EMPTIED, tells_leftovers
from interlace.runtime.misreading import readout_shift
from interlace.runtime.ports import Noise, Simulator
from interlace.runtime.stim_backend import SYMMETRISED, TWIRLED

__all__ = ["averaging", "link_notes", "simulator_notes"]

_MOST_NAMED = 3


def simulator_notes(
    simulator: Simulator, program: Executable, noises: Sequence[Noise | None]
) -> tuple[str, ...]:
    """What the simulator approximates of the noise of these timelines, as sentences."""
    found = tuple(
        sentence
        for sentence in simulator.approximations
        if sentence not in _MATTERS
        or any(noise is not None and _MATTERS[sentence](program, noise) for noise in noises)
    )
    return tuple(_with_shift(sentence, program, noises) for sentence in found)


def _with_shift(sentence: str, program: Executable, noises: Sequence[Noise | None]) -> str:
    """The sentence, with a bound of what it changes if there is one."""
    if sentence != SYMMETRISED:
        return sentence
    shift = max(readout_shift(program, noise) for noise in noises[:1] if noise is not None)
    return f"{sentence} That shifts an outcome's probability by at most {100 * shift:.2g} %."


def averaging(program: Executable, noises: Sequence[Noise | None]) -> tuple[str, ...]:
    """What was averaged over how many timelines; nothing where no link is used."""
    if not (program.link >= 0).any():
        return ()
    waiting = any(noise is not None and _decays(program, noise) for noise in noises)
    what = "times and the noise of waiting are" if waiting else "times are"
    if len(noises) == 1:
        return (f"The {what} those of one sampled timeline of the links: nothing is averaged.",)
    return (f"The {what} averaged over {len(noises):,} sampled timelines of the links.",)


def link_notes(
    program: Executable, links: Sequence[Link], noises: Sequence[Noise | None]
) -> tuple[str, ...]:
    """What the models of the links in use assume: one sentence a note, with the links it is for.

    Without noise every pair is perfect, and what was assumed of its state has changed nothing.
    """
    silent = all(noise is None for noise in noises)
    used = [links[index] for index in sorted(set(program.link[program.link >= 0].tolist()))]
    holding: dict[str, list[str]] = {}
    for link in used:
        for note in dict.fromkeys(link.timing_notes if silent else link.notes):
            holding.setdefault(note, []).append(link.name)
    return tuple(
        f"On {_where(names, len(used), len(links))}: {note.rstrip('.')}."
        for note, names in holding.items()
    )


def _where(names: Sequence[str], used: int, links: int) -> str:
    """The links that a note holds for: all of them as such, few by name."""
    if len(names) == used > 2:
        return f"all {used} links{'' if used == links else ' in use'}"
    if len(names) > _MOST_NAMED:
        return f"{', '.join(names[:_MOST_NAMED])} and {len(names) - _MOST_NAMED} more"
    return ", ".join(names)


def _decays(program: Executable, noise: Noise) -> bool:
    """Whether some qubit lost anything while it waited."""
    qubit = program.ops.operands
    lasts_s = np.minimum(noise.t1_s[qubit], noise.t2_s[qubit])
    return bool((np.isfinite(lasts_s) & (noise.idle_s > 0)).any())


def _relaxes(program: Executable, noise: Noise) -> bool:
    """Whether some qubit drifted towards |0>: pure dephasing is a Pauli channel as it is."""
    is_finite = np.isfinite(noise.t1_s[program.ops.operands])
    return bool((is_finite & (noise.idle_s > 0)).any())


def _misreads_unevenly(program: Executable, noise: Noise) -> bool:
    return readout_shift(program, noise) > 0


def _corrects_badly(program: Executable, noise: Noise) -> bool:
    return bool(((program.ops.condition != NO_BIT) & (noise.gate_error > 0)).any())


_MATTERS: dict[str, Callable[[Executable, Noise], bool]] = {
    TWIRLED: _relaxes,
    SYMMETRISED: _misreads_unevenly,
    HALVED: _corrects_badly,
    EMPTIED: tells_leftovers,
}
"""For each sentence of a simulator about noise: whether that noise is there."""
