"""The file behind --assign: machine to qubits, every mistake named with its line."""

from __future__ import annotations

import pytest

from interlace.circuit import Circuit, OpTable, Register
from interlace.cli.assign import load_assignment
from interlace.errors import InfeasibleError, SpecError
from interlace.network import Device, Machine, Network

CIRCUIT = Circuit(
    name="test",
    qubit_registers=(Register(name="q", size=3), Register(name="anc", size=2)),
    clbit_registers=(),
    ops=OpTable.of([]),
)


def machine(name: str) -> Machine:
    device = Device(name="ideal:4", qubits=4)
    return Machine(name=name, site=None, device=device, communication=(3,))


NETWORK = Network(
    name="two",
    sites=(),
    machines=(machine("isar"), machine("pegnitz")),
    repeaters=(),
    links=(),
)


@pytest.fixture
def assigned(tmp_path):
    def load(text: str | bytes) -> dict[str, tuple[int, ...]]:
        path = tmp_path / "assign.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_assignment(str(path), CIRCUIT, NETWORK)

    return load


def test_a_qubit_is_an_index_or_a_label(assigned) -> None:
    text = "isar: [0, 'q[2]']\npegnitz:\n  - q[1]\n  - anc[0]\n  - 4\n"
    assert assigned(text) == {"isar": (0, 2), "pegnitz": (1, 3, 4)}


def test_a_label_unquoted_in_a_block_list_is_text(assigned) -> None:
    assert assigned("isar:\n  - q[0]\n") == {"isar": (0,)}


def test_a_machine_may_get_nothing(assigned) -> None:
    assert assigned("isar: []\n") == {"isar": ()}


REFUSED = [
    ("isra: [0]\n", 1, "did you mean 'isar'"),
    ("isar: [0]\nneckar: [1]\n", 2, "the network has isar, pegnitz"),
    ("isar: 3\n", 1, "needs a list of qubits"),
    ("isar:\n  - 0\n  - 5\n", 3, "0 to 4"),
    ("isar: [-1]\n", 1, "no such qubit"),
    ("isar: [true]\n", 1, "no such qubit"),
    ("isar: [0.5]\n", 1, "no such qubit"),
    ("isar: [[0]]\n", 1, "no such qubit"),
    ("isar:\n  - q[7]\n", 2, "no such qubit"),
    ("isar: [0]\npegnitz: [1, 0]\n", 2, "already assigned to isar"),
    ("isar: [0, q[0]]\n", 1, "needs quotes"),
    ("isar: [1, 1]\n", 1, "already assigned to this machine"),
    ("isar: [0\n", None, "YAML"),
    ("{\n", 1, "is not YAML: expected the node content, but found '<stream end>' (got '{')"),
    ("isar: [0, 1]\npegnitz: {\n", 2, "is not YAML"),
    ("isar:\n  0\n  - q[0]\n", 1, "isar: needs a list of qubits"),
    ("12: [0]\n", None, "a machine's name must be text (got 12)"),
    ("true: [0]\n", None, "a machine's name must be text (got True)"),
    ("[" * 5000, None, ""),
    ("isar: [0]\nisar: [1]\n", 2, "YAML"),
    ("", None, "must be a mapping"),
    ("- 0\n", None, "must be a mapping"),
    (b"\xff\xfe\x00", None, ""),
]


@pytest.mark.parametrize(("text", "line", "words"), REFUSED)
def test_a_mistake_is_named_with_its_line(assigned, text, line, words) -> None:
    with pytest.raises(SpecError) as caught:
        assigned(text)
    assert words in str(caught.value)
    assert caught.value.file is not None
    if line is not None:
        assert caught.value.line == line


def test_only_a_bare_label_is_told_to_take_quotes(assigned) -> None:
    for text in ("{", "isar: [0\n", "isar: ['q[0]'\n", "isar: }\n"):
        with pytest.raises(SpecError) as caught:
            assigned(text)
        assert "quotes" not in str(caught.value)


def test_a_machine_with_too_little_room_is_named_with_its_line(assigned) -> None:
    with pytest.raises(InfeasibleError, match=r"assign\.yaml:2: .* which has 3 data qubits"):
        assigned("pegnitz: [0]\nisar: [1, 2, 3, 4]\n")


def test_a_missing_file_is_a_spec_error(tmp_path) -> None:
    with pytest.raises(SpecError, match="cannot be read"):
        load_assignment(str(tmp_path / "no.yaml"), CIRCUIT, NETWORK)
