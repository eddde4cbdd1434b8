"""The picture: nothing that it says is cut off."""

from __future__ import annotations

import pytest

from interlace.report.figure import _headline


@pytest.mark.parametrize("words", [1, 20, 45, 60])
def test_the_headline_holds_the_whole_sentence_however_long(words: int) -> None:
    sentence = " ".join(["decay"] * words)
    said, size = _headline(sentence)
    assert said.split() == sentence.split()
    assert 8 < size <= 19
    assert len(said.splitlines()) * size <= 38
