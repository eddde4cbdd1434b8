"""Every mistake in a network file is named by file, line, path, value and rule."""

from __future__ import annotations

import pytest
from tests.network.conftest import FULL

from interlace.errors import SpecError
from interlace.network import load_device, load_network, parse_network

# (what is replaced, by what, path, value as shown, words of the rule); the line is where the
# replacement begins, or the one named last.
SPOILT = [
    # unknown keys, with the nearest known one
    ("site: munich", "sight: munich", "machines.isar.sight", "'sight'", "did you mean 'site'?"),
    ("name: full", "nmae: full", "nmae", "'nmae'", "did you mean 'name'?"),
    ("bright_state", "bright_sate", "links.isar--pegnitz.bright_sate", "'bright_sate'",
     "did you mean 'bright_state'?"),
    ("dark_counts", "dark_count", "links.isar--pegnitz.chain[2].bsm.dark_count", "'dark_count'",
     "did you mean 'dark_counts'?"),
    ("scheme: single-click", "scheme: singleclick", "links.isar--pegnitz.scheme", "'singleclick'",
     "must be 'direct-transduction' or 'double-click' or 'microwave-transfer'"),
    ("rz: {}", "rzed: {}", "machines.pegnitz.device.gates.rzed", "'rzed'", "is no gate"),
    # wrong unit, wrong kind
    ("length: 12 km", "length: 12 kHz", "links.isar--kelheim.length", "'12 kHz'",
     "wrong unit 'kHz': needs a length (m, km, cm, mm)"),
    ("rate: 1 kHz", "rate: 1 km", "links.isar--kelheim.rate", "'1 km'", "needs a frequency"),
    ("rate: 1 kHz", "rate: fast", "links.isar--kelheim.rate", "'fast'", "must be a number"),
    ("rate: 1 kHz", "rate: [1]", "links.isar--kelheim.rate", "[1]", "must be text or a number"),
    ("rate: 1 kHz", "rate: true", "links.isar--kelheim.rate", "True", "must be text or a number"),
    ("channels: 3", "channels: 1.5", "links.kelheim--lech.channels", "1.5", "a whole number"),
    ("site: munich", "site: [munich]", "machines.isar.site", "['munich']", "must be text"),
    ("rz: {}", "rz: 3", "machines.pegnitz.device.gates.rz", "3", "must be a mapping"),
    ("communication_qubits: 2", "communication_qubits: many", "machines.isar.communication_qubits",
     "'many'", "a whole number or a list (each a whole number) or 'unlimited'"),
    ("country: DE", "country: Germany", "sites.munich.country", "'Germany'", "two capital letters"),
    # negative, NaN, infinite, absurd
    ("length: 12 km", "length: -12 km", "links.isar--kelheim.length", "'-12 km'", "between 0"),
    ("length: 12 km", "length: .nan", "links.isar--kelheim.length", "(got nan)", "40000 km"),
    ("length: 12 km", "length: 50000000", "links.isar--kelheim.length", "50000000",
     'must be between 0 and 40000 km (round the Earth); a bare number is in metres: write "20 km"'),
    ("length: 12 km", "length: .inf", "links.isar--kelheim.length", "inf", "40000 km"),
    ("length: 12 km", "length: 1e999", "links.isar--kelheim.length", "inf", "40000 km"),
    ("length: 12 km", "length: 1e999 km", "links.isar--kelheim.length", "1e999 km", "be finite"),
    ("length: 12 km", "length: 1" + "0" * 400, "links.isar--kelheim.length", "1000", "40000 km"),
    ("length: 12 km", "length: 50000 km", "links.isar--kelheim.length", "'50000 km'", "40000 km"),
    ("loss: 0.2 dB/km", "loss: 0.2", "links.isar--pegnitz.chain[1].fibre.loss", "0.2",
     'write "0.2 dB/km"'),
    ("fidelity: 0.98", "fidelity: 1.2", "links.isar--kelheim.fidelity", "1.2", "0.25"),
    ("fidelity: 0.98", "fidelity: 0.1", "links.isar--kelheim.fidelity", "0.1", "0.25"),
    ("fidelity: 0.98", "fidelity: 95", "links.isar--kelheim.fidelity", "(got 95)",
     "must be between 0.25 (completely mixed) and 1; for per cent write 95 %"),
    ("fidelity: 0.98", "fidelity: 1.5", "links.isar--kelheim.fidelity", "and 1 (got 1.5)",
     "must be between 0.25 (completely mixed) and 1"),
    ("fidelity: 0.98", "fidelity: [0.9]", "links.isar--kelheim.fidelity", "[0.9]",
     "must be text or a number"),
    ("fidelity: 0.98", "fidelity: .nan", "links.isar--kelheim.fidelity", "nan",
     "must be between 0.25 (completely mixed) and 1"),
    ("fidelity: 0.98", "fidelity: nan", "links.isar--kelheim.fidelity", "'nan'",
     "must be a number, plain or in %, between 0.25 (completely mixed) and 1"),
    ("fidelity: 0.98", "fidelity: 98 percent", "links.isar--kelheim.fidelity", "'98 percent'",
     "wrong unit 'percent': needs no unit, or %, between 0.25"),
    ("rate: 1 kHz", "rate: 0", "links.isar--kelheim.rate", "0", "above 0"),
    ("efficiency: 0.9,", "efficiency: 0,", "links.isar--pegnitz.chain[2].bsm.efficiency", "0",
     "above 0 and at most 1"),
    ("visibility: 0.95", "visibility: -.1", "links.isar--pegnitz.chain[2].bsm.visibility", "-0.1",
     "between 0 and 1"),
    ("bright_state: 0.05", "bright_state: 1", "links.isar--pegnitz.bright_state", "1",
     "both excluded"),
    ("attempt_period: 100 us", "attempt_period: -1 us", "links.kelheim--lech.attempt_period",
     "'-1 us'", "above 0"),
    ("success_probability: 0.01", "success_probability: 0",
     "links.kelheim--lech.success_probability", "0", "between 1e-15 and 1"),
    ("channels: 3", "channels: 0", "links.kelheim--lech.channels", "0", "between 1 and"),
    ("phi_minus: 0.1", "phi_minus: 0.2", "links.kelheim--lech.state", "'1.1'", "add up to 1"),
    ("lat: 48.14", "lat: 148.14", "sites.munich.lat", "148.14", "latitude"),
    ("lon: 11.58", "lon: -181", "sites.munich.lon", "-181", "longitude"),
    ("lat: 48.14", "lat: .nan", "sites.munich.lat", "nan", "latitude between -90 and 90"),
    ("distance: 11", "distance: 0", "machines.lech.logical.distance", "0", "between 1 and"),
    ("logical_error_rate: 1e-9", "logical_error_rate: 2",
     "machines.lech.logical.logical_error_rate", "2", "between 0 and 1"),
    # devices
    *(
        ("device: ideal:24", f"device: {text}", "machines.isar.device", f"'{text}'",
         "must be `ideal:N`, N perfect qubits, a whole number from 1 to 1,000,000")
        for text in (
            "ideal:0", "ideal:x", "ideal:1000001", f"ideal:{'9' * 30}", "ideal", "ideal:-1",
            "ideal:1.5", "ideal:٣",
        )
    ),
    ("time: 68 ns", "time: 68e6", "machines.pegnitz.device.gates.cz.time", "68000000.0",
     'must be between 0 s and 100,000 s (28 hours); a bare number is in seconds: write "68 ns"'),
    ("time: 68 ns", "time: 2e5 s", "machines.pegnitz.device.gates.cz.time", "'2e5 s'",
     "must be between 0 s and 100,000 s (28 hours)"),
    ("      qubits: 4", "      qubits: -4", "machines.pegnitz.device.qubits", "-4", "between 1"),
    ("[2, 3]]", "[2, 7]]", "machines.pegnitz.device.coupling[2]", "7", "the device has 0 to 3"),
    ("[2, 3]]", "[2, 2]]", "machines.pegnitz.device.coupling[2]", "[2, 2]", "with itself"),
    (", [2, 3]]", "]", "machines.pegnitz.device.coupling", "3", "must join all qubits"),
    ("[2, 3]]", "[2, 3, 1]]", "machines.pegnitz.device.coupling[2]", "[2, 3, 1]", "a list of 2"),
    ("coupling: [[0, 1], [1, 2], [2, 3]]", "coupling: line", "machines.pegnitz.device.coupling",
     "'line'", "must be 'all' or a list"),
    ("error: 0.003", "error: 0.9", "machines.pegnitz.device.gates.cz.error", "0.9", "4/5"),
    ("error: 0.0002", "error: 0.7", "machines.pegnitz.device.gates.sx.error", "0.7", "2/3"),
    ("time: 68 ns", "time: 68 km", "machines.pegnitz.device.gates.cz.time", "'68 km'", "time"),
    ("cz: {", "ccz: {", "machines.pegnitz.device.gates.ccz", "'ccz'", "more than two qubits"),
    ("qubits: [1, 2]", "qubits: [1, 3]", "machines.pegnitz.device.gates.cz.at[0]", "[1, 3]",
     "no pair of the coupling map"),
    ("qubits: [1, 2]", "qubits: [1]", "machines.pegnitz.device.gates.cz.at[0].qubits", "[1]",
     "needs 2 different qubits"),
    ("t1: 150 us", "t1: 50 us", "machines.pegnitz.device.t2", "'0.00012 s'",
     "at most 2 t1 = 0.0001 s (qubit 0)", "t2:"),
    ("t1: 150 us", "t1: [1 s, 1 s]", "machines.pegnitz.device.t1", "'2 values'",
     "one for each of the 4 qubits"),
    ("error: 0.01}", "error: 0.01, error_0: 0.1}", "machines.pegnitz.device.readout", None,
     "write one or the other"),
    ("error: 0.01}", "error: 1.01}", "machines.pegnitz.device.readout.error", "1.01", "0 and 1"),
    # machines and repeaters
    ("device: ideal:24", "device: ''", "machines.isar.device", "''",
     "must be `ideal:N` (N perfect qubits), a device of the catalogue"),
    *(
        ("device: ideal:24", f"device: nv-centre:{count}", "machines.isar.device",
         f"'nv-centre:{count}'", "needs between 1 and 1,000,000 of them: `nv-centre:2`")
        for count in (0, 1000001)
    ),
    ("device: ideal:24", "device: idela:24", "machines.isar.device", "'idela:24'",
     "did you mean 'ideal:24'?"),
    ("device: ideal:24", "device: Ideal:24", "machines.isar.device", "'Ideal:24'",
     "did you mean 'ideal:24'?"),
    ("device: ideal:24", "logical: null", "machines.isar", None, "needs `device` or `logical`",
     "isar:"),
    ("site: nuremberg", "site: nurnberg", "machines.pegnitz.site", "'nurnberg'",
     "did you mean 'nuremberg'?"),
    ("communication_qubits: 2", "communication_qubits: 25", "machines.isar.communication_qubits",
     "25", "between 0 and the 24 qubits"),
    ("communication_qubits: 2", "communication_qubits: -1", "machines.isar.communication_qubits",
     "-1", "between 0 and the 24 qubits"),
    ("communication_qubits: [0, 3]", "communication_qubits: [0, 4]",
     "machines.pegnitz.communication_qubits[1]", "4", "the device has 0 to 3"),
    ("communication_qubits: [0, 3]", "communication_qubits: [0, 0]",
     "machines.pegnitz.communication_qubits[1]", "0", "twice"),
    ("communication_qubits: [0, 3]", "communication_qubits: unlimited",
     "machines.pegnitz.communication_qubits", "'unlimited'", "only an ideal device"),
    ("    communication_qubits: 1\n", "", "links.kelheim--lech", "or more",
     "'lech' has no communication qubit", "kelheim--lech:"),
    ("kelheim: {device: ideal:4}", "pegnitz: {device: ideal:4}", "repeaters.pegnitz", "'pegnitz'",
     "too much like 'pegnitz'"),
    ("kelheim: {device: ideal:4}", "a--b: {device: ideal:4}", "repeaters.a--b", "'a--b'",
     "a name is letters"),
    # links
    ("isar--kelheim:", "isar--kelhiem:", "links.isar--kelhiem", "did you mean 'kelheim'?",
     "'kelhiem' is no machine or repeater: did you mean 'kelheim'?"),
    ("isar--kelheim:", "isar-kelheim:", "links.isar-kelheim", "'isar-kelheim'", "a--b"),
    ("isar--kelheim:", "isar--isar:", "links.isar--isar", "'isar--isar'", "to itself"),
    ("isar--kelheim:", "pegnitz--isar:", "links.pegnitz--isar", "'pegnitz--isar'",
     "the same machines as 'isar--pegnitz'"),
    ("  isar--kelheim: {rate: 1 kHz, fidelity: 0.98, length: 12 km}\n", "", "links",
     "'2 of 4 reached'", "is disconnected: no links lead from isar to lech, kelheim", "links:"),
    ("rate: 1 kHz, ", "", "links.isar--kelheim", "(got 'fidelity')", "lacks a key"),
    ("fidelity: 0.98, ", "", "links.isar--kelheim", None, "needs the key 'fidelity'"),
    ("rate: 1 kHz", "rate: 1 kHz, attempt_period: 1 s", "links.isar--kelheim",
     "(got 'rate, attempt_period, fidelity')", "has a rate and attempts"),
    ("fidelity: 0.98", "state: [1, 0, 0]", "links.isar--kelheim.state", "[1, 0, 0]",
     "four weights"),
    ("fidelity: 0.98", "fidelity: 0.98, state: [1, 0, 0, 0]", "links.isar--kelheim", None,
     "write one of them"),
    ("bright_state: 0.05", "fidelity: 0.9", "links.isar--pegnitz",
     "(got 'scheme, chain, fidelity')", "keys of a hardware link and of an abstract one",
     "isar--pegnitz:"),
    ("    bright_state: 0.05\n", "", "links.isar--pegnitz", None, "needs the key 'bright_state'",
     "isar--pegnitz:"),
    ("single-click", "double-click", "links.isar--pegnitz.bright_state", "0.05",
     "belongs to single-click", "bright_state"),
    ("- bsm: {efficiency: 0.9, dark_counts: 10 Hz, visibility: 0.95}", "- fibre: {length: 1 km}",
     "links.isar--pegnitz.chain", "'transducer, fibre, fibre, fibre, transducer'",
     "then bsm, then any number of fibre or switch", "chain:"),
    ("bsm: {", "{} #", "links.isar--pegnitz.chain[2]", "'nothing'", "must be one element"),
    ("wired: {pegnitz: [3]}", "wired: {pegnitz: [2]}", "links.isar--pegnitz.wired.pegnitz[0]", "2",
     "is no communication qubit of 'pegnitz': those are qubits 0, 3"),
    ("wired: {pegnitz: [3]}", "wired: {kelheim: [3]}", "links.isar--pegnitz.wired.kelheim",
     "'kelheim'", "no end of this link"),
    ("wired: {pegnitz: [3]}", "wired: {pegnitz: []}", "links.isar--pegnitz.wired.pegnitz", "[]",
     "needs one or more"),
    # the document
    ("interlace: 1", "interlace: 2", "interlace", "2", "reads version 1"),
    ("interlace: 1", "interlace: true", "interlace", "True", "reads version 1"),
    ("interlace: 1\n", "", None, "(got 'name, sites, ", "`interlace: 1`"),
    ("  pegnitz:\n", "  isar:\n", "machines.isar", "'isar'", "written twice, first in line 7"),
    ("name: full", "name: full\nname: again", "name", "'name'", "first in line 2", "name: again"),
    ("name: full", "name: !!python/object:os.system x", "name", "python/object", "has a tag"),
    ("name: full", "name: &a [*a]", None, "'a'", "an alias holds itself"),
    ("name: full", "name: *nowhere", None, "'name: *nowhere'", "not valid YAML"),
    ("name: full", "name: full: fuller", None, "'name: full: fuller'", "not valid YAML"),
    ("name: full", "name: [full", None, None, "not valid YAML", "sites:"),
    ("name: full", "[1, 2]: full", None, None, "a key must be text"),
    ("name: full", "<<: 3", None, None, "`<<` takes a mapping"),
    *(
        ("  isar:\n", f"  {word}:\n", f"machines.{word}", f"'{word}'", f'write "{word}"')
        for word in ("true", "False", "null", "~", "on", "Off", "YES", "no")
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", SPOILT, ids=[f"{case[1][:40]!r}" for case in SPOILT])
def test_a_mistake_is_named_by_file_line_path_value_and_rule(case, tmp_path) -> None:
    old, new, path, value, rule, *at = case
    assert old in FULL
    text = FULL.replace(old, new, 1)
    file = tmp_path / "net.yaml"
    file.write_text(text)
    with pytest.raises(SpecError) as caught:
        load_network(str(file))
    error = caught.value
    place = text.index(at[0]) if at else FULL.index(old)
    assert error.path == path
    assert (error.file, error.line) == (str(file), text.count("\n", 0, place) + 1)
    assert rule in error.rule
    if value is not None:
        assert value in str(error)
    assert str(error).startswith(f"{file}:{error.line}: ")


def test_the_unspoilt_file_is_right() -> None:
    assert len(parse_network(FULL).links) == 3


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "is empty"),
        (b"# only a comment\n", "is empty"),
        (b"---\n...\n", "must be a mapping"),
        (b"just words\n", "must be a mapping that starts with `interlace: 1`"),
        (b"- a\n- b\n", "must be a mapping"),
        (b"{}", "needs its version"),
        (b"interlace: 1\n", "needs at least one machine or KME"),
        (b"interlace: 1\nmachines: {}\n", "needs at least one machine"),
        (b"interlace: 1\nmachines:\n", "must be a mapping"),
        (b"\x00\x01\x02", "is a binary file"),
        (b"\x89PNG\r\n\x1a\n\xff", "is not text"),
        (b"caf\xe9: 1\n", "is not text"),
        (b"\x01: 1\n", "not valid YAML"),
        (b"a: 1\n---\nb: 2\n", "not valid YAML"),
        (b"\tinterlace: 1\n", "not valid YAML"),
        (b"interlace: 1\nmachines:\n\ta: {}\n", "indent by spaces, not by tabs"),
        (b"a: 1\n---\nb: 2\n", "expected a single document in the stream but found another"),
        (b"[" * 1000, "nested too deeply"),
        (b"OPENQASM 3.0;\nqubit[2] q;\n", "must be a mapping"),
    ],
)
def test_a_file_that_is_no_description_is_refused(content: bytes, rule: str, tmp_path) -> None:
    file = tmp_path / "net.yaml"
    file.write_bytes(content)
    with pytest.raises(SpecError) as caught:
        load_network(str(file))
    assert rule in caught.value.rule
    assert caught.value.file == str(file)


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(SpecError, match=r"nowhere\.yaml: there is no such file"):
        load_network(str(tmp_path / "nowhere.yaml"))


def test_a_folder_is_no_file(tmp_path) -> None:
    with pytest.raises(SpecError, match="is a folder"):
        load_network(str(tmp_path))


def test_a_path_that_no_system_has_is_refused() -> None:
    with pytest.raises(SpecError, match="NUL"):
        load_network("a\0b")


def test_an_alias_bomb_is_refused_before_it_unfolds() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    with pytest.raises(SpecError, match="unfolds into more than"):
        parse_network("\n".join(lines))


def test_an_alias_may_share_a_part_and_a_merge_may_extend_it() -> None:
    network = parse_network(
        """
        interlace: 1
        machines:
          a: &machine {device: ideal:4, communication_qubits: 1}
          b: *machine
          c: {<<: *machine, device: ideal:9}
        links:
          a--b: &link {rate: 1 kHz, fidelity: 0.9}
          b--c: {<<: [*link], fidelity: 0.8}
        """
    )
    assert [m.device.qubits for m in network.machines] == [4, 4, 9]
    assert [link.source.state[0] for link in network.links] == [0.9, 0.8]


def test_a_device_file_is_looked_for_beside_the_network_and_keeps_its_own_lines(tmp_path) -> None:
    (tmp_path / "net.yaml").write_text(
        "interlace: 1\nmachines:\n  a: {device: parts/ion.yaml, communication_qubits: 0}\n"
    )
    with pytest.raises(SpecError, match=r"net\.yaml:3: machines\.a\.device: .*no file"):
        load_network(str(tmp_path / "net.yaml"))
    (tmp_path / "parts").mkdir()
    device = tmp_path / "parts" / "ion.yaml"
    device.write_text("interlace: 1\nqubits: 3\nt2: 1 s\n")
    assert load_network(str(tmp_path / "net.yaml")).machines[0].device.name == "ion"
    device.write_text("qubits: 3\nt2: 1 kg\n")
    with pytest.raises(SpecError, match=r"parts/ion\.yaml:2: t2: wrong unit 'kg'"):
        load_network(str(tmp_path / "net.yaml"))


def test_text_without_a_folder_reads_no_file() -> None:
    with pytest.raises(SpecError, match="no device file can be read here"):
        parse_network("interlace: 1\nmachines: {a: {device: /etc/hostname}}")


def test_a_device_file_that_cannot_be_read_is_no_line_of_the_network(tmp_path) -> None:
    (tmp_path / "net.yaml").write_text("interlace: 1\nmachines: {a: {device: parts}}\n")
    (tmp_path / "parts").mkdir()
    with pytest.raises(SpecError, match="is a folder") as caught:
        load_network(str(tmp_path / "net.yaml"))
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "parts"), None)


SECRET = "hunter2"
NOT_DEVICES = {
    "no YAML": (f"root:x: {SECRET}: y\n", 1),
    "no YAML below": (f"a: 1\nb: *{SECRET}\n", 2),
    "a word": (f"{SECRET}\n", None),
    "a list": (f"- {SECRET}\n", None),
    "keys of something else": (f"password: {SECRET}\n{SECRET}: 1\n", None),
    "a key twice": (f"{SECRET}: 1\n{SECRET}: 2\n", 2),
    "a tag": (f"a: !x {SECRET}\n", 1),
    "a number that is none": (f"a: !!int {SECRET}\n", 1),
}


@pytest.mark.parametrize("name", NOT_DEVICES)
def test_a_file_that_is_no_device_is_named_and_not_quoted(name, tmp_path) -> None:
    text, line = NOT_DEVICES[name]
    (tmp_path / "net.yaml").write_text("interlace: 1\nmachines: {a: {device: part.yaml}}\n")
    (tmp_path / "part.yaml").write_text(text)
    for read in (
        lambda: load_network(tmp_path / "net.yaml"),
        lambda: load_device(str(tmp_path / "part.yaml")),
    ):
        with pytest.raises(SpecError) as caught:
            read()
        assert SECRET not in str(caught.value)
        assert (caught.value.file, caught.value.line) == (str(tmp_path / "part.yaml"), line)


@pytest.mark.parametrize(
    "path", ["/etc/hostname", "../part.yaml", "parts/../../part.yaml", "~/part.yaml",
             "..\\\\part.yaml", "C:\\\\part.yaml"],
)  # fmt: skip
def test_a_network_file_reads_device_files_beside_or_below_it_alone(path, tmp_path) -> None:
    folder = tmp_path / "nets"
    (folder / "parts").mkdir(parents=True)
    (tmp_path / "part.yaml").write_text("qubits: 3\n")
    (folder / "net.yaml").write_text(f'interlace: 1\nmachines:\n  a: {{device: "{path}"}}\n')
    with pytest.raises(SpecError, match="in its own folder or below") as caught:
        load_network(folder / "net.yaml")
    assert (caught.value.line, caught.value.path) == (3, "machines.a.device")


def test_a_device_file_that_somebody_names_himself_may_be_anywhere(tmp_path) -> None:
    (tmp_path / "part.yaml").write_text("qubits: 3\n")
    assert load_device(str(tmp_path / "part.yaml")).qubits == 3


def test_a_name_too_long_for_a_file_names_no_file(tmp_path) -> None:
    long = "x" * 5000
    (tmp_path / "net.yaml").write_text(f"interlace: 1\nmachines: {{a: {{device: {long}}}}}\n")
    with pytest.raises(SpecError, match="there is no file"):
        load_network(tmp_path / "net.yaml")
    with pytest.raises(SpecError):
        load_device(long)


def test_ideal_without_a_number_is_told_to_have_one() -> None:
    with pytest.raises(SpecError, match="must be `ideal:N`, N perfect qubits, a whole number"):
        load_device("ideal")


def test_a_number_may_be_whole_and_nobody_needs_to_be_told() -> None:
    with pytest.raises(SpecError) as caught:
        parse_network(FULL.replace("fidelity: 0.98", "fidelity: [1]"))
    assert caught.value.rule == "must be text or a number"
