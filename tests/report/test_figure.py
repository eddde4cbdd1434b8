"""The picture: nothing that it says is cut off."""

from __future__ import annotations

from dataclasses import replace

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont
from matplotlib.ft2font import FT2Font

from interlace.report import fonts
from interlace.report.figure import _headline, _timeline, figure_png


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


def test_letters_that_no_font_has_are_told(plain_result, renamed, monkeypatch) -> None:
    monkeypatch.setattr(fonts, "families_for", lambda _: ())
    with pytest.warns(UserWarning, match="no installed font has the letters 子量"):
        figure_png(renamed(plain_result, "量子"))


def test_letters_are_drawn_in_an_installed_font_that_has_them(plain_result, renamed) -> None:
    bundled = FT2Font(findfont("DejaVu Sans")).get_charmap().keys()
    letter = min(FT2Font(findfont("STIXGeneral")).get_charmap().keys() - bundled)
    assert len(fonts.families_for({letter})) == 1
    figure_png(renamed(plain_result, chr(letter)))  # a warning would be an error here


def test_no_family_is_named_for_what_no_font_has() -> None:
    assert fonts.families_for({0x10FFFE}) == ()
