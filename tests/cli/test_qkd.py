"""`interlace qkd`: the table, documents, pictures, and what it says of bad input."""

from __future__ import annotations

import json

import pytest

from interlace.cli.entry import run_command
from interlace.cli.qkd import PROTOCOL_NAMES
from interlace.qkd import PROTOCOLS

AT_50_KM = ["qkd", "rate", "--protocol", "decoy-bb84", "--length", "50km", "--finite", "1e7"]


def test_the_command_knows_every_protocol() -> None:
    assert PROTOCOL_NAMES == PROTOCOLS


def test_rate_shows_what_the_link_delivers_and_how(capsys) -> None:
    assert run_command(AT_50_KM) == 0
    out = capsys.readouterr().out
    head, _, rest = out.partition("\n")
    assert head == "decoy-bb84 over 50 km, 10 dB, blocks of 10,000,000 sifted bits"
    assert "secret key   514 kbit/s, 0.0005139 bits a pulse at 1 GHz" in rest
    assert "PLOB bound   152 Mbit/s, 0.152 bits a pulse" in rest
    assert "doi:10.1103/PhysRevA.89.022307" in rest
    assert all(len(line) <= 100 for line in out.splitlines())


def test_json_holds_the_same(capsys) -> None:
    assert run_command([*AT_50_KM, "--json", "-"]) == 0
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert document["secret_bits_per_pulse"] == pytest.approx(5.139e-4, rel=1e-4)
    assert document["secret_bits_per_s"] == pytest.approx(513_900, rel=1e-4)
    assert document["plob_bits_per_pulse"] == pytest.approx(0.152003, rel=1e-5)
    assert len(document["settings"]["intensities"]) == 3
    assert err.startswith("decoy-bb84 over 50 km")


def test_every_option_reaches_the_rate(capsys) -> None:
    plain = ["qkd", "rate", "--protocol", "one-decoy", "--finite", "1e6"]
    run_command([*plain, "--length", "50km", "--json", "-"])
    usual = json.loads(capsys.readouterr().out)["secret_bits_per_s"]
    for option, value in (
        ("--loss", "0.25dB/km"),
        ("--clock", "100MHz"),
        ("--detector-efficiency", "5%"),
        ("--dark-counts", "6kHz"),
        ("--afterpulse", "6%"),
        ("--misalignment", "1%"),
        ("--error-correction", "1.3"),
        ("--correctness", "1e-30"),
        ("--secrecy-per-bit", "1e-20"),
    ):
        assert run_command([*plain, "--length", "50km", option, value, "--json", "-"]) == 0
        assert json.loads(capsys.readouterr().out)["secret_bits_per_s"] < usual * (1 - 1e-6), option
    run_command([*plain, "--total-loss", "10dB", "--json", "-"])
    same = json.loads(capsys.readouterr().out)["secret_bits_per_s"]
    assert same == pytest.approx(usual, rel=1e-9)


def test_no_key_is_no_error(capsys) -> None:
    assert run_command(["qkd", "rate", "--protocol", "one-decoy", "--length", "400km"]) == 0
    assert "secret key  none" in capsys.readouterr().out


def test_plot_writes_a_picture_and_its_points(capsys, tmp_path) -> None:
    png, points = tmp_path / "p.png", tmp_path / "p.json"
    arguments = ["qkd", "plot", "--length", "0km..150km", "--png", str(png), "--json", str(points)]
    assert run_command(arguments) == 0
    assert png.read_bytes().startswith(b"\x89PNG")
    first = png.read_bytes()
    curves = json.loads(points.read_text("utf-8"))["curves"]
    assert [curve["protocol"] for curve in curves] == list(PROTOCOLS)
    assert [len(curve["points"]) for curve in curves] == [101, 101, 100]  # no bound at 0 km
    for curve in curves[:2]:
        rates = [point["secret_bits_per_pulse"] for point in curve["points"]]
        assert rates == sorted(rates, reverse=True)
    assert run_command(arguments) == 0
    assert png.read_bytes() == first
    capsys.readouterr()


@pytest.mark.parametrize("span", ["300km..400km", "0km..1m"])
def test_plot_draws_what_there_is(span: str, tmp_path, capsys) -> None:
    png = str(tmp_path / "p.png")
    assert run_command(["qkd", "plot", "--length", span, "--png", png, "--loss", "0.2dB/km"]) == 0
    only = ["--protocol", "decoy-bb84"]
    assert run_command(["qkd", "plot", "--length", span, "--png", png, *only]) == 0
    capsys.readouterr()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("rate --protocol bb84 --length 50km", "--protocol: must be one of decoy-bb84"),
        ("rate --protocol plob", "needs --length or --total-loss"),
        ("rate --protocol plob --length 5km --total-loss 3dB", "needs --length or --total-loss"),
        ("rate --protocol plob --total-loss 3dB --loss 1dB/km", "--loss: is of a fibre"),
        ("rate --protocol plob --length 0km", "has no bound"),
        ("rate --protocol plob --length 5furlongs", "--length: wrong unit"),
        ("rate --protocol plob --length -5km", "--length: must be between 0 and 40000 km (got"),
        ("rate --protocol one-decoy --length 5km --finite 1e2", "--finite: must be a whole number"),
        ("rate --protocol one-decoy --length 5km --dark-counts 600", "--dark-counts: must be a"),
        ("rate --protocol one-decoy --length 5km --clock nan", "--clock: must be a number"),
        ("rate --protocol one-decoy --length 5km --json x/y", "does not exist"),
        ("plot --length 0km..5km", "needs --png FILE or --json FILE"),
        ("plot --length 5km --png p.png", "--length: must be two lengths"),
        ("plot --length 5km..0km --png p.png", "from a shorter length to a longer one"),
        ("plot --length 0km..5km --protocol pob --png p.png", "did you mean 'plob'?"),
        ("plot --length 0km..5km --protocol plob --loss 0dB/km --png p.png", "has no bound"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_command(["qkd", *arguments.split()]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
