"""Names cut to their room stay apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from interlace.report.shortening import shortened

NAMES = st.lists(st.text(alphabet="ab-1", min_size=1, max_size=40), min_size=1, max_size=30)


@given(NAMES, st.integers(8, 24))
def test_different_names_stay_different_and_fit(names: list[str], most: int) -> None:
    found = shortened(names, most)
    assert all(len(shown) <= most for shown in found)
    assert len(set(found)) == len(set(names))
    short = [k for k, name in enumerate(names) if len(name) <= most]
    assert all(found[k] == names[k] for k in short)


def test_a_number_in_the_middle_is_what_is_kept() -> None:
    names = [f"machine-with-a-long-name-number-{k:02}-in-the-basement" for k in range(12)]
    found = shortened(names, 18)
    assert found[7] == "machine…07…asement"
