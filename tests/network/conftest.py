"""A network file that uses every part of the description, to be spoilt line by line."""

from __future__ import annotations

import pytest

FULL = """\
interlace: 1
name: full
sites:
  munich: {country: DE, lat: 48.14, lon: 11.58}
  nuremberg: {country: DE, lat: 49.45, lon: 11.08}
machines:
  isar:
    site: munich
    device: ideal:24
    communication_qubits: 2
  pegnitz:
    site: nuremberg
    device:
      qubits: 4
      coupling: [[0, 1], [1, 2], [2, 3]]
      gates:
        rz: {}
        sx: {time: 32 ns, error: 0.0002}
        cz: {time: 68 ns, error: 0.003, at: [{qubits: [1, 2], error: 1 %}]}
      t1: 150 us
      t2: [120 us, 110 us, null, 90 us]
      readout: {time: 1 us, error: 0.01}
    communication_qubits: [0, 3]
  lech:
    logical: {qubits: 10, code: surface, distance: 11, cycle_time: 1 us, logical_error_rate: 1e-9}
    communication_qubits: 1
repeaters:
  kelheim: {device: ideal:4}
links:
  isar--pegnitz:
    scheme: single-click
    bright_state: 0.05
    chain:
      - transducer: {efficiency: 0.1, added_noise: 0.01, bandwidth: 1 MHz, duty_cycle: 0.1}
      - fibre: {length: 80 km, loss: 0.2 dB/km, insertion_loss: 1 dB}
      - bsm: {efficiency: 0.9, dark_counts: 10 Hz, visibility: 0.95}
      - fibre: {length: 80 km}
      - transducer: {efficiency: 0.1, bandwidth: 1 MHz}
    wired: {pegnitz: [3]}
  isar--kelheim: {rate: 1 kHz, fidelity: 0.98, length: 12 km}
  kelheim--lech:
    success_probability: 0.01
    attempt_period: 100 us
    state: {phi_plus: 0.9, phi_minus: 0.1}
    channels: 3
"""


@pytest.fixture
def full() -> str:
    """The text of the file."""
    return FULL
