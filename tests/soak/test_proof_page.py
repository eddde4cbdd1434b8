"""The page about the proof names what there is."""

from __future__ import annotations

from pathlib import Path

from soak.checker import RULES

from interlace.services.kms.app.fault_points import FAULT_POINTS


def test_the_page_names_every_point_and_every_rule(checkout: Path) -> None:
    page = (checkout / "docs" / "keys-proof.md").read_text()
    missing = {name for name in FAULT_POINTS if f"| `{name}` | {FAULT_POINTS[name]} |" not in page}
    assert not missing | {name for name in RULES if f"\n| {name} | " not in page}
