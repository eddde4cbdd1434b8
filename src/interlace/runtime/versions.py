"""What a result was made with."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

__all__ = ["versions"]

_PACKAGES = ("interlace", "numpy", "qiskit", "qiskit-aer", "stim")


def versions() -> tuple[tuple[str, str], ...]:
    """Versions of Python and of the packages that a run's numbers depend on."""
    found = [("python", platform.python_version())]
    for package in _PACKAGES:
        try:
            found.append((package, version(package)))
        except PackageNotFoundError:
            found.append((package, "unknown"))
    return tuple(found)
