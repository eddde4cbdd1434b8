"""`interlace kms`: what the commands say, and what they say of bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from interlace.cli.entry import run_command
from interlace.cli.kms import EXAMPLES
from interlace.services.kms import app

NET = """interlace: 1
kmes: {kme-a: {}, kme-b: {}}
saes: {sae-a: {kme: kme-a}, sae-b: {kme: kme-b}}
links:
  kme-a--kme-b:
    length: 5 km
    qkd: {protocol: decoy-bb84}
"""


@pytest.fixture
def net(tmp_path: Path) -> Path:
    file = tmp_path / "net.yaml"
    file.write_text(NET)
    return file


def test_the_command_knows_every_example() -> None:
    assert EXAMPLES == app.EXAMPLES


def test_init_makes_a_directory_and_says_what_to_do_next(tmp_path: Path, net, capsys) -> None:
    folder = str(tmp_path / "keys")
    assert run_command(["kms", "init", folder, "--network", str(net)]) == 0
    said = capsys.readouterr().err.splitlines()
    headline = "network: 2 KMEs, 2 SAEs, 1 QKD link"
    assert said[-2] == f"{folder}: {headline}; its QKD modules are SIMULATED"
    assert said[-1] == f"next: interlace kms up {folder}"


def test_status_of_a_network_that_does_not_run(tmp_path: Path, net, capsys) -> None:
    folder = tmp_path / "keys"
    run_command(["kms", "init", str(folder), "--network", str(net)])
    capsys.readouterr()
    assert run_command(["kms", "status", str(folder), "--json", "-"]) == 1
    out, err = capsys.readouterr()
    status = json.loads(out)
    assert list(status) == ["ready", "simulated", "ca", "entities", "links", "saes"]
    assert status["ready"] is False
    assert status["ca"] == str(folder / "ca.pem")
    assert [one["state"] for one in status["entities"]] == ["down", "down"]
    assert [link["state"] for link in status["links"]] == ["DOWN"]
    for row in status["saes"]:
        assert list(row) == ["id", "url", "certificate", "key"]
        assert Path(row["certificate"]).is_absolute()
        assert Path(row["key"]).is_file()
        assert row["url"].startswith("https://localhost:")
        assert row["url"].count("/") == 2
    assert err.startswith("not ready (SIMULATED): kme-a is down; kme-b is down\n\nentity")
    assert err.endswith("not known of what is down: the alarms of kme-a, kme-b\n")


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (["kme-a--kme-b", "take-out"], "kme-a: https://127.0.0.1:", 1),  # nobody runs
        (["kme-a--kme-c", "take-out"], "LINK: is no link of ", 2),
        (["kme-a--kme-b", "mend"], "must be one of take-out, put-back", 2),
    ],
)
def test_a_link_that_cannot_be_operated_is_said_so(
    arguments, words, code, tmp_path: Path, net, capsys
) -> None:
    folder = str(tmp_path / "keys")
    run_command(["kms", "init", folder, "--network", str(net)])
    capsys.readouterr()
    assert run_command(["kms", "link", folder, *arguments]) == code
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--example", "star"], "--example: must be one of chain, ring"),
        (["--example", "chain", "--network", "net.yaml"], "cannot be together with --network"),
        (["--tls-minimum", "1.1"], "--tls-minimum: must be one of 1.2, 1.3"),
        (["--store", "mysql://x:secret@y"], "must be a file, or postgresql://"),
        (["--store", "postgresql://u:secret@127.0.0.1:99999/db"], "--store: is no URL"),
        (["--store", "env:NO_SUCH_VARIABLE"], "the environment has no such variable"),
        (["--network", "nowhere.yaml"], "nowhere.yaml: there is no such file"),
    ],
)
def test_a_wrong_option_is_named(arguments, words, tmp_path: Path, capsys) -> None:
    assert run_command(["kms", "init", str(tmp_path / "keys"), *arguments]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert "secret" not in err
    assert not (tmp_path / "keys").exists()


def test_what_is_wrong_with_the_network_says_where(tmp_path: Path, net, capsys) -> None:
    net.write_text(NET.replace("5 km", "400 km").replace("84}", "84, block: 1e6}"))
    assert run_command(["kms", "init", str(tmp_path / "keys"), "--network", str(net)]) == 2
    assert f"{net}:5: links.kme-a--kme-b: delivers no key" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [["up"], ["status"], ["serve", "kme-a"], ["audit", "kme-a"], ["backup", "kme-a", "copy"]],
)
def test_a_folder_that_is_no_directory_of_ours_is_refused(command, tmp_path, capsys) -> None:
    name, *more = command
    assert run_command(["kms", name, str(tmp_path), *more]) == 2
    assert "has no kms.yaml: it is not what `interlace kms init` made" in capsys.readouterr().err


def test_networks_with_kmes_are_shown(net, capsys) -> None:
    assert run_command(["network", "check", str(net)]) == 0
    assert capsys.readouterr().out == "network: 2 KMEs, 2 SAEs, 1 QKD link\n"
    assert run_command(["network", "show", str(net)]) == 0
    out = capsys.readouterr().out
    assert "kme-a--kme-b  decoy-bb84  endless   5 km  1 dB" in out
    assert "permits: 2 pairs of a master and a slave, everyone with everyone" in out
    assert run_command(["network", "show", str(net), "--json", "-"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [kme["saes"] for kme in document["kmes"]] == [["sae-a"], ["sae-b"]]
    assert document["qkd_links"][0]["secret_bits_per_s"] > 1e6
    assert run_command(["network", "show", str(net), "--html", "page.html"]) == 2
    assert "draws machines, and this network has none" in capsys.readouterr().err


def test_programs_do_not_run_on_a_network_of_kmes_alone(net, tmp_path: Path, capsys) -> None:
    (tmp_path / "c.qasm").write_text("OPENQASM 3.0;\nqubit[2] q;\nbit[2] c;\nc = measure q;\n")
    assert run_command(["run", str(tmp_path / "c.qasm"), "--network", str(net)]) == 2
    assert "0 data qubits" in capsys.readouterr().err


def test_a_bound_without_any_loss_says_where(net, capsys) -> None:
    net.write_text(NET.replace("5 km", "0 km").replace("decoy-bb84", "plob"))
    assert run_command(["network", "check", str(net)]) == 2
    assert f"{net}:5:" in capsys.readouterr().err
