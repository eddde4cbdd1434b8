"""The picture of key rates: the title says what the lines show."""

from __future__ import annotations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from interlace.qkd import Channel, KeyRate, rates
from interlace.report.key_figure import _draw, _title

BLOCK = 10_000


def curve(*lengths_km: float) -> tuple[KeyRate, ...]:
    return rates("decoy-bb84", [Channel(length_m=1e3 * km) for km in lengths_km], block=BLOCK)


def drawn(*curves: tuple[KeyRate, ...]):
    figure = Figure()
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    _draw(axes, curves)
    return axes


def test_the_title_ends_where_the_line_does() -> None:
    points = curve(120.0, 125.0, 130.0, 135.0)  # at 130 km 6.0e-11 bits a pulse: not drawn
    assert 0.0 < points[2].secret_bits_per_pulse < 1e-10
    line = drawn(points).lines[0]
    assert max(line.get_xdata()) == 125.0
    assert _title([points]) == "Secret key over fibre, up to 125 km"


@pytest.mark.parametrize(
    ("lengths_km", "said"),
    [
        ((300.0, 400.0), "No secret key at any of these lengths"),
        ((130.0, 200.0), "Less than 1e-10 secret bits a pulse at each of these lengths"),
    ],
)
def test_a_picture_without_any_key_says_so_in_its_middle(
    lengths_km: tuple[float, ...], said: str
) -> None:
    points = curve(*lengths_km)
    assert [text.get_text() for text in drawn(points).texts] == [said]
    assert _title([points]) == said
    assert list(drawn(curve(50.0, 60.0)).texts) == []
