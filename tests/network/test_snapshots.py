"""Snapshots of real devices: the rule for outliers, and what the providers' packages hold."""

from __future__ import annotations

import importlib.util
import math
import re
import subprocess
import sys
import warnings

import pytest

from interlace.errors import SpecError
from interlace.network import (
    dump_device,
    load_device,
    parse_network,
    snapshot,
    snapshot_names,
)
from interlace.network.snapshots.iqm import average_error
from interlace.network.snapshots.mending import mended
from interlace.network.snapshots.raw import RawDevice

needs_ibm = pytest.mark.skipif(
    importlib.util.find_spec("qiskit_ibm_runtime") is None, reason="needs the extra [ibm]"
)
needs_iqm = pytest.mark.skipif(
    importlib.util.find_spec("iqm") is None, reason="needs the extra [iqm]"
)
quiet = pytest.mark.filterwarnings("ignore")  # what the providers' packages warn of is theirs


# ------------------------------------------------------------------------------ the rule


def ring(**changes: object) -> RawDevice:
    """Four qubits in a ring, everything in order."""
    couplers = [(0, 1), (1, 2), (2, 3), (3, 0)]
    raw = {
        "name": "ibm:ring",
        "qubits": 4,
        "gates": {
            "cz": {pair: (68e-9, 0.001 * (1 + i)) for i, pair in enumerate(couplers)},
            "sx": {(q,): (32e-9, 1e-4 * (1 + q)) for q in range(4)},
            "rz": {(q,): (0.0, 0.0) for q in range(4)},
        },
        "t1_s": (1e-4, 2e-4, 3e-4, 4e-4),
        "t2_s": (1e-4, 1e-4, 1e-4, 1e-4),
        "readout_s": (1e-6,) * 4,
        "error_0": (0.01, 0.02, 0.03, 0.04),
        "error_1": (0.02, 0.03, 0.04, 0.05),
    }
    return RawDevice(**(raw | changes))


def with_gate(name: str, **at: tuple[float | None, float | None]) -> RawDevice:
    """The ring with other figures at `q0_1`."""
    places = {tuple(map(int, key[1:].split("_"))): figures for key, figures in at.items()}
    gates = dict(ring().gates)
    gates[name] = gates[name] | places
    return ring(gates=gates)


def test_a_device_in_order_is_not_touched() -> None:
    device, notes = mended(ring())
    assert notes == ()
    assert device.coupling == ((0, 1), (0, 3), (1, 2), (2, 3))
    assert device.profile("cz").error == pytest.approx(0.0025)
    assert {(q, e) for q, _, e in device.profile("cz").at} == {
        ((0, 1), 0.001), ((1, 0), 0.001), ((1, 2), 0.002), ((2, 1), 0.002),
        ((2, 3), 0.003), ((3, 2), 0.003), ((3, 0), 0.004), ((0, 3), 0.004),
    }  # fmt: skip
    assert device.t1_s == (1e-4, 2e-4, 3e-4, 4e-4)
    assert device.readout.error_1 == (0.02, 0.03, 0.04, 0.05)


@pytest.mark.parametrize("error", [1.0, 0.81, None])
def test_a_broken_coupler_leaves_the_map_while_it_stays_in_one_piece(error) -> None:
    device, notes = mended(with_gate("cz", q1_2=(68e-9, error)))
    assert device.coupling == ((0, 1), (0, 3), (2, 3))
    assert len(notes) == 1
    assert "1 coupler of 4 left out" in notes[0]
    assert notes[0].endswith("1-2")


def test_a_coupler_that_holds_the_map_together_gets_the_worst_working_error() -> None:
    device, notes = mended(with_gate("cz", q1_2=(68e-9, 1.0), q2_3=(None, 1.0)))
    assert device.coupling == ((0, 1), (0, 3), (2, 3))
    found = {q: (t, e) for q, t, e in device.profile("cz").at}
    assert found.get((2, 3), (68e-9, device.profile("cz").error)) == (68e-9, 0.004)
    assert [note.partition(" of 4 ")[2][:8] for note in notes[:2]] == ["left out", "kept, fo"]


def test_a_device_without_a_working_coupler_is_refused() -> None:
    broken = {f"q{a}_{b}": (68e-9, 1.0) for a, b in [(0, 1), (1, 2), (2, 3), (3, 0)]}
    with pytest.raises(SpecError, match="no coupler works"):
        mended(with_gate("cz", **broken))


def test_a_device_in_pieces_is_refused() -> None:
    gates = dict(ring().gates) | {"cz": {(0, 1): (68e-9, 0.001), (2, 3): (68e-9, 0.001)}}
    with pytest.raises(SpecError, match="do not join all qubits"):
        mended(ring(gates=gates))


def test_a_broken_one_qubit_gate_gets_the_worst_working_error() -> None:
    device, notes = mended(with_gate("sx", q2=(None, 1.0)))
    found = {q: (t, e) for q, t, e in device.profile("sx").at}
    assert found.get((2,), (32e-9, device.profile("sx").error)) == (32e-9, 4e-4)
    assert len(notes) == 2
    assert notes[0].startswith("sx gets the worst working error 0.0004 on 1 qubit")


def test_missing_lifetimes_take_the_median_and_long_t2_is_cut() -> None:
    device, notes = mended(ring(t1_s=(None, 2e-4, 3e-4, 4e-4), t2_s=(7e-4, None, 1e-4, 2e-4)))
    assert device.t1_s == (3e-4, 2e-4, 3e-4, 4e-4)
    assert device.t2_s == (6e-4, 2e-4, 1e-4, 2e-4)
    assert [note.split(" on ")[0] for note in notes] == [
        "T1 is missing",
        "T2 is missing",
        "T2 above 2 T1 becomes 2 T1",
    ]


def test_broken_readout_takes_the_worst_working_one() -> None:
    device, notes = mended(ring(error_0=(1.0, 0.02, None, 0.04)))
    assert device.readout.error_0 == (0.04, 0.02, 0.04, 0.04)
    assert len(notes) == 1


def test_a_gate_in_one_direction_costs_the_same_in_the_other() -> None:
    device, _ = mended(with_gate("cz", q1_2=(90e-9, 0.02)))
    found = {q: (t, e) for q, t, e in device.profile("cz").at}
    assert found[(2, 1)] == found[(1, 2)] == (90e-9, 0.02)


def test_a_coupler_with_another_gate_takes_part_under_the_main_gates_name() -> None:
    cz = dict(ring().gates["cz"])
    figures = cz.pop((1, 2))
    device, notes = mended(ring(gates=dict(ring().gates) | {"cz": cz, "ecr": {(2, 1): figures}}))
    assert (1, 2) in device.coupling
    assert device.profile("ecr") is None
    assert "1 coupler has ecr where the device has cz" in notes[0]


def test_iqms_parameters_become_the_average_infidelity_of_the_whole_gate() -> None:
    """Against Aer's channels, which share no code with the formula."""
    from qiskit.quantum_info import average_gate_fidelity
    from qiskit_aer.noise import depolarizing_error, thermal_relaxation_error

    t1, t2, time, parameter = 37e-6, 9e-6, 40e-9, 0.006
    one = thermal_relaxation_error(t1, t2, time)
    for count, relaxed in ((1, one), (2, one.tensor(one))):
        channel = relaxed.compose(depolarizing_error(parameter, count))
        expected = 1 - average_gate_fidelity(channel.to_quantumchannel())
        assert math.isclose(
            average_error(parameter, time, [(t1, t2)] * count), expected, rel_tol=1e-9
        )


# ------------------------------------------------------------------------------ packages

MISSING = """
import sys
class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"qiskit_ibm_runtime", "iqm"}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Gone())
from interlace.network import snapshot, snapshot_names
from interlace.errors import SpecError
print(snapshot_names("ibm"), snapshot_names("iqm"))
for name in ("ibm:fez", "iqm:garnet"):
    try:
        snapshot(name)
    except SpecError as error:
        print(error)
"""


def test_a_missing_package_is_a_sentence_that_names_the_extra() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MISSING], capture_output=True, text=True, check=True
    )
    first, ibm, iqm = done.stdout.splitlines()
    assert first == "() ()"
    assert "qiskit-ibm-runtime, which is not installed: `python -m pip install " in ibm
    assert "'interlace[ibm]'` brings it" in ibm
    assert (
        "iqm-client, which is not installed: `python -m pip install 'interlace[iqm]'` brings it"
        in iqm
    )


def test_a_provider_that_is_none_is_refused() -> None:
    with pytest.raises(SpecError, match="providers ibm, iqm"):
        snapshot("abc:def")


@needs_ibm
@quiet
def test_every_ibm_snapshot_loads_or_is_refused_with_a_sentence() -> None:
    names = snapshot_names("ibm")
    assert {"ibm:fez", "ibm:marrakesh", "ibm:torino", "ibm:sherbrooke"} <= set(names)
    refused = {}
    for name in names:
        try:
            device = snapshot(name).device
        except SpecError as error:
            refused[name] = error.rule
        else:
            assert device.name == name
            assert device.readout is not None
    assert refused.keys() <= {"ibm:cairo", "ibm:kyoto"}


@needs_ibm
@quiet
def test_fez_is_a_heavy_hex_lattice_less_what_does_not_work() -> None:
    from interlace.network.hardware.lattice import lattice_pairs

    found = snapshot("ibm:fez")
    lattice = set(lattice_pairs("heavy-hex 8x16"))
    assert set(found.device.coupling) < lattice
    assert sum("coupler" in note for note in found.notes) >= 1
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", found.date)


@needs_ibm
@quiet
def test_fez_keeps_the_packages_figures() -> None:
    from qiskit_ibm_runtime.fake_provider import FakeFez

    backend, device = FakeFez(), snapshot("ibm:fez").device
    known = {item.name: item.value for item in backend.properties().qubits[5]}
    assert device.readout.error_0[5] == known["prob_meas1_prep0"]
    assert device.readout.error_1[5] == known["prob_meas0_prep1"]
    assert device.t1_s[5] == pytest.approx(backend.target.qubit_properties[5].t1)
    cz = device.profile("cz")
    at = {qubits: error for qubits, _, error in cz.at}
    for pair in device.coupling:
        given = backend.target["cz"][pair].error
        if given < 0.8:
            assert at.get(pair, cz.error) == given


@needs_ibm
@quiet
@pytest.mark.parametrize("name", ["ibm:fez", "ibm:sherbrooke", "ibm:lagos", "ibm:armonk"])
def test_an_ibm_snapshot_saved_as_a_file_reads_back_as_the_same_device(name, tmp_path) -> None:
    file = tmp_path / "saved.yaml"
    file.write_text(dump_device(snapshot(name).device, comments=["a snapshot"]), "utf-8")
    assert load_device(str(file)) == snapshot(name).device


@needs_ibm
@quiet
def test_an_unknown_device_names_the_nearest() -> None:
    with pytest.raises(SpecError, match=r"did you mean 'ibm:fez'\?"):
        parse_network("interlace: 1\nmachines: {m: {device: 'ibm:fezz'}}")


@needs_iqm
@quiet
def test_every_iqm_snapshot_loads_but_the_one_with_a_resonator() -> None:
    names = set(snapshot_names("iqm"))
    assert {"iqm:adonis", "iqm:apollo", "iqm:garnet", "iqm:aphrodite", "iqm:deneb"} <= names
    for name in names - {"iqm:deneb"}:
        device = snapshot(name).device
        assert {gate.name for gate in device.gates} == {"r", "cz"}
    with pytest.raises(SpecError, match="resonator with MOVE gates"):
        snapshot("iqm:deneb")


@needs_iqm
@quiet
def test_garnet_saved_as_a_file_reads_back_as_the_same_device(tmp_path) -> None:
    file = tmp_path / "garnet.yaml"
    file.write_text(dump_device(snapshot("iqm:garnet").device), "utf-8")
    assert load_device(str(file)) == snapshot("iqm:garnet").device


@needs_iqm
@quiet
def test_garnets_gates_are_as_good_as_its_own_noise_model_says() -> None:
    """Aer's channel of each cz in IQM's noise model against the error of the snapshot."""
    from iqm.qiskit_iqm.fake_backends.fake_garnet import IQMFakeGarnet
    from qiskit.quantum_info import average_gate_fidelity

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = IQMFakeGarnet().noise_model
    cz = snapshot("iqm:garnet").device.profile("cz")
    at = {qubits: error for qubits, _, error in cz.at}
    for pair in snapshot("iqm:garnet").device.coupling:
        channel = model._local_quantum_errors["cz"][pair].to_quantumchannel()
        assert at.get(pair, cz.error) == pytest.approx(1 - average_gate_fidelity(channel))
