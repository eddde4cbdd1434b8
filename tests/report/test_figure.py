"""The picture: nothing that it says is cut off."""

from __future__ import annotations

from dataclasses import replace

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from interlace.report.figure import _headline, _timeline


@pytest.mark.parametrize("words", [1, 20, 45, 60])
def test_the_headline_holds_the_whole_sentence_however_long(words: int) -> None:
    sentence = " ".join(["decay"] * words)
    said, size = _headline(sentence)
    assert said.split() == sentence.split()
    assert 8 < size <= 19
    assert len(said.splitlines()) * size <= 38


def test_long_names_of_machines_stay_inside_the_picture_and_apart(result) -> None:
    def long(name: str) -> str:
        return name if name == "links" else f"WWWWWWWWWWWW-a-long-name-{name}-in-the-BASEMENT-WWW"

    spans = tuple(
        replace(
            span,
            group=long(span.group),
            row=span.row.replace(span.group, long(span.group))
            if span.group != "links"
            else "--".join(map(long, span.row.split("--"))),
        )
        for span in result.trace.spans
    )
    network = result.plan.network
    machines = tuple(replace(m, name=long(m.name)) for m in network.machines)
    network = replace(network, machines=machines)
    named = replace(
        result,
        plan=replace(result.plan, network=network),
        trace=replace(result.trace, spans=spans),
    )
    figure = Figure(figsize=(16, 10), dpi=100)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.115, 0.09, 0.455, 0.67))
    _timeline(axes, named)
    canvas.draw()
    labels = [*axes.get_yticklabels(), *axes.texts]
    assert min(label.get_window_extent().x0 for label in labels) > 0
    titles = [label.get_text() for label in axes.texts]
    assert len(titles) >= 4
    assert len(set(titles)) == len(titles)
