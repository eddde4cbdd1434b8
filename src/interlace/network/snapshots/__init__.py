"""Snapshots: real devices' calibrations, from the providers' own packages (extras)."""

from interlace.network.snapshots.providers import (
    is_snapshot_name,
    provider_extras,
    snapshot,
    snapshot_names,
)
from interlace.network.snapshots.raw import Snapshot

__all__ = [
    "Snapshot",
    "is_snapshot_name",
    "provider_extras",
    "snapshot",
    "snapshot_names",
]
