"""What a person is told of snapshots: outliers that were mended, wherever one is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlace.cli.talk import say

if TYPE_CHECKING:
    from interlace.network import Network

__all__ = ["say_mended"]


def say_mended(network: Network) -> None:
    """Say on stderr what the rule for outliers did to each snapshot in the network.

    A device saved from a snapshot is known by its name and content, where the package is there.
    """
    from interlace.errors import SpecError
    from interlace.network import is_snapshot_name, snapshot

    devices = {node.device.name: node.device for node in network.nodes}
    for name, device in devices.items():
        if not is_snapshot_name(name):
            continue
        try:
            found = snapshot(name)
        except SpecError:
            continue
        if found.device == device:
            for note in found.notes:
                say(f"{name}: {note}")
