"""A small network that every test here runs on: three machines of three data qubits each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from interlace.qiskit import NetworkBackend

NETWORK = """\
interlace: 1
name: three-small
machines:
  isar: {device: "ideal:5", communication_qubits: 2}
  donau: {device: "ideal:5", communication_qubits: 2}
  pegnitz: {device: "ideal:5", communication_qubits: 2}
links:
  isar--donau: {rate: 1 kHz, fidelity: 0.9}
  donau--pegnitz: {rate: 1 kHz, fidelity: 0.9}
  isar--pegnitz: {rate: 1 kHz, fidelity: 0.9}
"""


@pytest.fixture(scope="session")
def network_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("network") / "three-small.yaml"
    path.write_text(NETWORK)
    return path


@pytest.fixture
def make(network_file: Path) -> Callable[..., NetworkBackend]:
    """A new backend on the small network, without noise unless a test wants it."""
    return lambda **options: NetworkBackend(network_file, **{"ideal": True, **options})


@pytest.fixture
def backend(make: Callable[..., NetworkBackend]) -> NetworkBackend:
    return make()
