"""From the times of one timeline to the noise that they imply."""

from __future__ import annotations

import numpy as np

from interlace.compiler import Executable, Timing, op_costs, qubit_noise
from interlace.network import Network
from interlace.runtime.ports import Noise

__all__ = ["noises"]


def noises(executable: Executable, network: Network, timing: Timing) -> tuple[Noise, ...]:
    """The noise of every timeline, in order.

    What the hardware does is the same on all of them; how long each qubit waited, and how old
    each pair was, is each timeline's own. A dephasing time that nobody gave is 2 T1, the longest
    that there is.
    """
    gate_error = op_costs(executable, network).gate_error
    t1_s, t2_s, readout = qubit_noise(executable, network)
    t2_s = np.minimum(t2_s, 2.0 * t1_s)
    return tuple(
        Noise(
            gate_error=gate_error,
            idle_s=np.ascontiguousarray(timing.idle_s[:, timeline]),
            t1_s=t1_s,
            t2_s=t2_s,
            readout=readout,
            pair_state=np.ascontiguousarray(timing.state[:, timeline]),
        )
        for timeline in range(timing.start_s.shape[1])
    )
