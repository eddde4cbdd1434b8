"""An entity put together, and a network of them: init, serve, up, status."""

from __future__ import annotations

from interlace.services.kms.app.loading import (
    LoadFigures,
    LoadWishes,
    load_generator,
    measure_load,
)
from interlace.services.kms.app.making import (
    EXAMPLES,
    InitWishes,
    example_network,
    init_directory,
)
from interlace.services.kms.app.operating import LinkOutcome, operate
from interlace.services.kms.app.reading import load_directory, load_entity, store_of
from interlace.services.kms.app.running import run_directory, run_entity, status_of
from interlace.services.kms.app.status import (
    DirectoryStatus,
    alarm_text,
    status_json,
    what_is_missing,
)
from interlace.services.kms.app.upkeep import back_up_entity, restore_entity, verify_entity

__all__ = [
    "EXAMPLES",
    "DirectoryStatus",
    "InitWishes",
    "LinkOutcome",
    "LoadFigures",
    "LoadWishes",
    "alarm_text",
    "back_up_entity",
    "example_network",
    "init_directory",
    "load_directory",
    "load_entity",
    "load_generator",
    "measure_load",
    "operate",
    "restore_entity",
    "run_directory",
    "run_entity",
    "status_json",
    "status_of",
    "store_of",
    "verify_entity",
    "what_is_missing",
]
