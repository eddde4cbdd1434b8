"""From the times of one timeline to the noise that they imply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from interlace.compiler import Executable, Timing, op_costs, qubit_noise
from interlace.kernel import FloatArray
from interlace.network import Network
from interlace.runtime.ports import Noise

__all__ = ["noises"]


def noises(executable: Executable, network: Network, timing: Timing) -> Sequence[Noise]:
    """The noise of every timeline, in order.

    What the hardware does is the same on all of them; how long each qubit waited, and how old
    each pair was, is each timeline's own, and found when that timeline is asked for. A dephasing
    time that nobody gave is 2 T1, the longest that there is.
    """
    t1_s, t2_s, readout = qubit_noise(executable, network)
    return _Noises(
        timing=timing,
        gate_error=op_costs(executable, network).gate_error,
        t1_s=t1_s,
        t2_s=np.minimum(t2_s, 2.0 * t1_s),
        readout=readout,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Noises(Sequence[Noise]):
    """Makes the noise of a timeline when asked for it: all at once would fill the memory."""

    timing: Timing
    gate_error: FloatArray
    t1_s: FloatArray
    t2_s: FloatArray
    readout: FloatArray

    def __len__(self) -> int:
        return self.timing.timelines

    @overload
    def __getitem__(self, index: int) -> Noise: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Noise]: ...

    def __getitem__(self, index: int | slice) -> Noise | Sequence[Noise]:
        numbers = range(len(self))[index]
        if isinstance(numbers, range):
            return tuple(self[number] for number in numbers)
        return Noise(
            gate_error=self.gate_error,
            idle_s=self.timing.idle_on(numbers),
            t1_s=self.t1_s,
            t2_s=self.t2_s,
            readout=self.readout,
            pair_state=np.ascontiguousarray(self.timing.state[:, numbers]),
        )
