"""`interlace kms init`: whole or not at all, private, and with certificates that fit."""

from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.services.kms.app.network import NET

from interlace.errors import SpecError
from interlace.network import parse_network
from interlace.platform import SystemClock
from interlace.services.kms.app import (
    EXAMPLES,
    InitWishes,
    example_network,
    init_directory,
    load_directory,
    load_entity,
    making,
)

ROOT = Path(__file__).parents[4]
SMALL = parse_network(NET)


def certificate(path: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(Path(path).read_bytes())


def names(of: x509.Certificate) -> x509.SubjectAlternativeName:
    return of.extensions.get_extension_for_class(x509.SubjectAlternativeName).value


def usages(of: x509.Certificate) -> set[x509.ObjectIdentifier]:
    return set(of.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_packaged_examples_are_the_ones_that_people_read(example: str) -> None:
    packaged = Path(making.__file__).parent / "examples" / f"{example}.yaml"
    assert packaged.read_text() == (ROOT / "examples" / f"kms-{example}.yaml").read_text()
    assert example_network(example).name == f"kms-{example}"


def test_everything_that_an_entity_needs_lies_in_its_folder(made: Path) -> None:
    for one in load_directory(str(made)).entities:
        config = load_entity(str(made), one.name)
        assert load_entity(one.folder, one.name) == config  # copied to a host of its own
        paths = [config.tls.certificate, config.tls.key, config.tls.authority, config.store]
        for path in (*paths, config.epoch_file, config.kek.removeprefix("file:")):
            assert Path(path).is_relative_to(one.folder)


def test_secrets_are_their_owners_alone(made: Path) -> None:
    secret = [p for p in made.rglob("*") if p.name in {"key.pem", "kek", "entity.yaml"}]
    assert len(secret) == 1 + 3 * 3 + 3  # of the authority, of each entity, of each SAE
    assert {stat.S_IMODE(path.stat().st_mode) for path in secret} == {0o600}
    private = [made, made / "ca", *(made / "entities").iterdir(), *(made / "saes").iterdir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o700}


def test_certificates_name_who_they_are_of(made: Path) -> None:
    directory = load_directory(str(made))
    for sae in directory.saes:
        found = certificate(sae.certificate)
        uris = names(found).get_values_for_type(x509.UniformResourceIdentifier)
        assert uris == [f"urn:sae:{sae.name}"]
        assert usages(found) == {ExtendedKeyUsageOID.CLIENT_AUTH}
    for one in directory.entities:
        found = certificate(load_entity(str(made), one.name).tls.certificate)
        uris = names(found).get_values_for_type(x509.UniformResourceIdentifier)
        assert uris == [f"urn:kme:{one.name}"]
        assert "localhost" in names(found).get_values_for_type(x509.DNSName)
        both = {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH}
        assert usages(found) == both


def test_no_two_entities_share_a_port(made: Path) -> None:
    entities = load_directory(str(made)).entities
    ports = [
        port
        for one in entities
        for port in (
            one.listening.sae_port,
            one.listening.peer_port,
            one.listening.operations_port,
        )
    ]
    assert len(set(ports)) == 3 * len(entities)
    assert all(20_000 <= port < 32_000 for port in ports)


def test_two_directories_in_one_database_have_tables_of_their_own(tmp_path: Path) -> None:
    wishes = InitWishes(store="postgresql://interlace@127.0.0.1/keys", tls_minimum="1.2")
    schemas: set[str] = set()
    for folder in (tmp_path / "one", tmp_path / "two"):
        init_directory(str(folder), SMALL, SystemClock(), wishes)
        for one in load_directory(str(folder)).entities:
            config = load_entity(str(folder), one.name)
            assert config.store == wishes.store
            assert config.tls.minimum == "1.2"
            schemas.add(config.schema)
    assert len(schemas) == 6


def test_postgresql_without_its_driver_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "find_spec", lambda _: None)
    wishes = InitWishes(store="postgresql://interlace:secret@127.0.0.1/keys")
    with pytest.raises(SpecError, match=r"needs asyncpg.*`\.venv/bin/python -m pip") as caught:
        init_directory(str(tmp_path / "net"), SMALL, SystemClock(), wishes)
    assert caught.value.path == "--store"
    assert "secret" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_git_sees_nothing_of_a_directory_with_private_keys(made: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    clone.mkdir()
    subprocess.run(["git", "init", "-q", str(clone)], check=True)
    shutil.copytree(made, clone / "mykeys")
    (clone / "seen").touch()
    command = ["git", "-C", str(clone), "status", "--porcelain", "--untracked-files=all"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert shown == "?? seen\n"


def test_what_an_entity_is_told_is_what_the_network_says(made: Path) -> None:
    config = load_entity(str(made), "relay")
    assert config.own_saes == ()
    assert [link.name for link in config.own_links] == ["kme-a--relay", "relay--kme-b"]
    assert len(config.permits) == 6
    assert config.is_simulated
    assert {peer.name for peer in config.peers} == {"kme-a", "kme-b"}


def test_names_that_yaml_would_take_for_something_else_stay_names(tmp_path: Path) -> None:
    text = NET.replace("kme-a", '"null"', 2).replace("kme-a--", "null--")
    init_directory(str(tmp_path / "net"), parse_network(text), SystemClock())
    assert load_entity(str(tmp_path / "net"), "null").own_saes == ("sae-a",)
    assert load_entity(str(tmp_path / "net"), "relay").url_of("null") is not None


def test_an_empty_folder_is_taken_and_one_that_holds_something_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    init_directory(str(tmp_path / "empty"), SMALL, SystemClock())
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SpecError, match="holds something already"):
        init_directory(str(tmp_path / "empty"), SMALL, SystemClock())
    (tmp_path / "file").write_text("x")
    with pytest.raises(SpecError, match="is no folder"):
        init_directory(str(tmp_path / "file"), SMALL, SystemClock())
    with pytest.raises(SpecError, match="does not exist: make it first"):
        init_directory(str(tmp_path / "no" / "net"), SMALL, SystemClock())
    assert sorted(set(tmp_path.rglob("*")) - set(before)) == [tmp_path / "file"]


def test_a_directory_that_was_not_finished_does_not_exist(tmp_path: Path, monkeypatch) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(making, "_write", full)
    with pytest.raises(SpecError, match="cannot be written: No space left on device"):
        init_directory(str(tmp_path / "net"), SMALL, SystemClock())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "path", "rule"),
    [
        ("interlace: 1\nmachines: {m: {device: 'ideal:2'}}\n", "kmes", "has no KMEs"),
        (NET.replace("  sae-b: {kme: kme-b}\n  sae-c: {kme: kme-b}\n", ""), "saes", "two SAEs"),
        (NET.replace("5 km", "400 km"), "links.kme-a--relay", "delivers no key"),
        (NET.replace("decoy-bb84}", "plob}"), "links.kme-a--relay.qkd.protocol", "no module runs"),
        (
            NET.replace("decoy-bb84}", "plob}").replace("length: 5 km", "insertion_loss: 0 dB"),
            "links.kme-a--relay.qkd.protocol",
            "no module runs",
        ),
    ],
)
def test_a_network_that_could_never_serve_is_refused(
    text: str, path: str, rule: str, tmp_path: Path
) -> None:
    text = text.replace("{protocol: decoy-bb84}", "{protocol: decoy-bb84, block: 1e6}")
    with pytest.raises(SpecError, match=rule) as caught:
        init_directory(str(tmp_path / "net"), parse_network(text), SystemClock())
    assert caught.value.path == path
    assert not (tmp_path / "net").exists()
