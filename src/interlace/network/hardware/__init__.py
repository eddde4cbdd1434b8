"""The catalogue: published hardware as data, each value with its source and its certainty."""

from interlace.network.hardware.entry import (
    CERTAINTIES,
    KINDS,
    CatalogueEntry,
    CatalogueSource,
    CatalogueValue,
)
from interlace.network.hardware.models import filled
from interlace.network.hardware.reading import read_entry
from interlace.network.hardware.shelf import (
    catalogue,
    catalogue_entry,
    catalogue_names,
    device_of,
    hardware_values,
    memory_device,
)

__all__ = [
    "CERTAINTIES",
    "KINDS",
    "CatalogueEntry",
    "CatalogueSource",
    "CatalogueValue",
    "catalogue",
    "catalogue_entry",
    "catalogue_names",
    "device_of",
    "filled",
    "hardware_values",
    "memory_device",
    "read_entry",
]
