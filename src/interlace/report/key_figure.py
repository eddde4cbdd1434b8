"""The picture of key rates against the length of the fibre, by matplotlib.

Loaded only where a picture is asked for; drawn on its own Agg canvas.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from interlace.qkd import KeyRate
from interlace.report.style import COLOURS
from interlace.report.words import frequency

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["key_rate_picture"]

_INK, _MUTED, _RULE = "#17202b", "#5a6572", "#dfe3e8"
_SIZE_INCHES, _DPI = (12.0, 7.5), 100
_LINES = {
    "decoy-bb84": (COLOURS["gate"], "-", "BB84, two decoys"),
    "one-decoy": (COLOURS["generate"], "-", "BB84, one decoy"),
    "plob": (_INK, (0, (5, 3)), "PLOB: the most without a repeater"),
}
_LEAST = 1e-10
"""Secret bits a pulse from which on a rate is drawn, and counts for what the title says."""


def key_rate_picture(curves: Sequence[Sequence[KeyRate]]) -> bytes:
    """Key rates against the length as PNG, 1200 x 750 pixels; the same rates give the same bytes.

    Args:
        curves: of each protocol, its rates over fibres of rising length; at least one.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(mpl.rcParamsDefault):
        figure = Figure(figsize=_SIZE_INCHES, dpi=_DPI, facecolor="white")
        FigureCanvasAgg(figure)
        figure.text(0.085, 0.935, _title(curves), fontsize=17, color=_INK, weight="bold")
        figure.text(0.085, 0.892, _subtitle(curves), fontsize=12, color=_MUTED)
        _draw(figure.add_axes((0.085, 0.1, 0.83, 0.76)), curves)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _title(curves: Sequence[Sequence[KeyRate]]) -> str:
    kept = [rate for rates in curves for rate in rates if rate.protocol != "plob"]
    if not kept:
        return "Secret key over fibre: the most without a repeater"
    reach = max((rate.channel.length_m for rate in kept if _is_drawn(rate)), default=None)
    if reach is None:
        return _none(kept)
    furthest = max(rate.channel.length_m for rate in kept)
    if reach == furthest:
        return "Secret key over fibre, at every length shown"
    return f"Secret key over fibre, up to {reach / 1e3:.4g} km"


def _is_drawn(rate: KeyRate) -> bool:
    return rate.secret_bits_per_pulse >= _LEAST


def _none(rates: Sequence[KeyRate]) -> str:
    """What is said of rates of which none is drawn."""
    if any(rate.secret_bits_per_pulse > 0.0 for rate in rates):
        return f"Less than {_LEAST:g} secret bits a pulse at each of these lengths"
    return "No secret key at any of these lengths"


def _subtitle(curves: Sequence[Sequence[KeyRate]]) -> str:
    one = next((rates[0] for rates in curves if rates[0].protocol != "plob"), curves[0][0])
    told = [f"{one.channel.loss_db_per_m * 1e3:.3g} dB/km", f"clock {frequency(one.clock_hz)}"]
    if one.protocol != "plob":
        size = "endless blocks" if one.block is None else f"blocks of {one.block:,} sifted bits"
        told += [size, "best settings of the sender at each length"]
    return "     ".join(told)


def _draw(axes: Axes, curves: Sequence[Sequence[KeyRate]]) -> None:
    tops: list[float] = []
    for rates in curves:
        colour, style, label = _LINES[rates[0].protocol]
        points = [
            (rate.channel.length_m / 1e3, rate.secret_bits_per_pulse)
            for rate in rates
            if _is_drawn(rate)
        ]
        x, y = [point[0] for point in points], [point[1] for point in points]
        axes.plot(x, y, color=colour, linestyle=style, linewidth=2.4, label=label)
        if points and points[-1][0] < rates[-1].channel.length_m / 1e3:
            axes.plot(x[-1:], y[-1:], "o", color=colour, markersize=6)
        tops += y
    low, high = (min(tops), max(tops)) if tops else (1e-8, 1.0)
    if not tops:
        words = _none([rate for rates in curves for rate in rates])
        axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", color=_INK, fontsize=14)
    axes.set_yscale("log")
    axes.set_ylim(10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(high * 1.05)))
    lengths = [rate.channel.length_m / 1e3 for rates in curves for rate in rates]
    axes.set_xlim(min(lengths), max(lengths))
    axes.set_xlabel("fibre, km", fontsize=12, color=_INK)
    axes.set_ylabel("secret bits a pulse", fontsize=12, color=_INK)
    axes.grid(color=_RULE, linewidth=1)
    axes.set_axisbelow(True)
    clock_hz = curves[0][0].clock_hz

    def a_second(bits: ArrayLike) -> NDArray[np.float64]:
        return np.asarray(bits, dtype=np.float64) * clock_hz

    def a_pulse(bits: ArrayLike) -> NDArray[np.float64]:
        return np.asarray(bits, dtype=np.float64) / clock_hz

    other = axes.secondary_yaxis("right", functions=(a_second, a_pulse))
    other.set_ylabel("secret bits a second", fontsize=12, color=_INK)
    for side in (axes, other):
        side.tick_params(which="both", length=0, labelcolor=_MUTED, labelsize=11)
        side.spines[:].set_visible(False)
    axes.legend(frameon=False, fontsize=12, labelcolor=_INK, loc="upper right")
