"""Configuration: what is wrong is named with file, line, path, value and rule, before anything."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path

import pytest
from tests.services.kms.app.network import kms

from interlace.errors import SpecError
from interlace.platform import Background, SystemClock, new_authority
from interlace.services.kms.app import (
    load_directory,
    load_entity,
    status_of,
    store_of,
    verify_entity,
)
from interlace.services.kms.app.entity import EntityPart
from interlace.services.kms.app.reading import located_in_entity

SPOILT = [
    ("interlace_kms: 1", "interlace_kms: 2", "interlace_kms", "must be 1"),
    ("simulated: true", "simulated: false", "simulated", "simulated QKD modules only"),
    ("simulated: true", "simulatd: true", "simulatd", "did you mean 'simulated'"),
    ("store: store.sqlite", "store: mysql://secret@db/x", "store", "postgresql://USER@HOST"),
    ("store: store.sqlite", "store: ''", "store", "needs a file"),
    ("store: store.sqlite", "store: 'postgresql://u:secret@[/x'", "store", "is no URL"),
    ("store: store.sqlite", "store: postgresql://u:secret@db:99999/x", "store", "is no URL"),
    ("minimum: '1.3'", "minimum: '1.1'", "tls.minimum", "'1.2' or '1.3'"),
    ("certificate: tls/cert.pem", "certificate: tls/no.pem", "tls.certificate", "not there"),
    ("kek: file:kek", "kek: kek", "kek", "file:PATH or env:NAME"),
    ("kek: file:kek", "kek: file:nothing", "kek", "not there"),
    ("  size: 256", "  size: 250", "limits.size", "multiple of 8"),
    ("  min_size: 64", "  min_size: 512", "limits.size", "between min_size and max_size"),
    ("  max_size: 4096", "  max_size: 65544", "limits.max_size", "multiple of 8 between"),
    ("  max_per_request: 128", "  max_per_request: 0", "limits.max_per_request", "between 1"),
    ("max_age: 86400 s", "max_age: 1 km", "limits.max_age", "no time|unit"),
    ("speed_up: 1.0", "speed_up: 0", "speed_up", "above 0, at most 1e6"),
    ("max_age: 86400 s", "max_age: 0 s", "limits.max_age", "between 1 s"),
    ("  low: 256", "  low: 2000", "stock.low", "between 0 and target"),
    ("  link_low: 512", "  link_low: 99999", "stock.link_low", "below link_most"),
    ("  sae-a: kme-a", "  sae-a: kme-q", "saes.sae-a", "is not an entity of this network"),
    ("  relay: https://", "  relay: http://", "peers.relay", "must be https://HOST:PORT"),
    ("  relay: https://127", "  relay: https://me:secret@127", "peers.relay", "must be https"),
    ("  relay--kme-b:", "  relay--kme-z:", "links.relay--kme-z", "is not an entity"),
    ("  link_most: 16384", "  link_most: 257", "stock.link_most", "must be at least 258: half"),
    ("  host: 127.0.0.1", "  host: 'a b'", "listen.host", "an address or a name"),
]


@pytest.mark.parametrize(("old", "new", "path", "rule"), SPOILT)
def test_a_mistake_in_an_entitys_file_is_named_with_its_line(
    old: str, new: str, path: str, rule: str, made: Path
) -> None:
    file = made / "entities" / "kme-a" / "entity.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(SpecError, match=rule) as caught:
        load_entity(str(made), "kme-a")
    assert caught.value.path == path
    assert caught.value.file == str(file)
    assert caught.value.line is not None
    written = file.read_text().splitlines()[caught.value.line - 1]
    assert path.rpartition(".")[2] in written
    assert "secret" not in str(caught.value)


def test_the_factor_on_the_modules_rates_comes_from_the_file(made: Path) -> None:
    file = made / "entities" / "kme-a" / "entity.yaml"
    assert load_entity(str(made), "kme-a").speed_up == 1.0
    file.write_text(file.read_text().replace("speed_up: 1.0", "speed_up: 1e3"))
    assert load_entity(str(made), "kme-a").speed_up == 1000.0


def test_the_epoch_may_lie_where_no_copy_of_the_entity_reaches(made: Path, tmp_path: Path) -> None:
    file = made / "entities" / "kme-a" / "entity.yaml"
    assert load_entity(str(made), "kme-a").epoch_file == str(file.parent / "epoch")
    file.write_text(file.read_text().replace("epoch: epoch", f"epoch: {tmp_path}/kme-a"))
    assert load_entity(str(made), "kme-a").epoch_file == f"{tmp_path}/kme-a"


def test_a_port_is_the_same_in_both_files(made: Path) -> None:
    file = made / "entities" / "kme-a" / "entity.yaml"
    port = load_entity(str(made), "kme-a").listening.sae_port
    file.write_text(file.read_text().replace(f"sae_port: {port}", "sae_port: 19999"))
    with pytest.raises(SpecError, match=rf"kms\.yaml has {port}: they must be the same") as caught:
        load_entity(str(made), "kme-a")
    assert (caught.value.path, caught.value.file) == ("listen.sae_port", str(file))
    assert load_entity(str(file.parent), "kme-a").listening.sae_port == 19999  # on its own host


def test_a_network_has_a_state_while_one_of_its_entities_is_on_a_host_of_its_own(
    made: Path, tmp_path: Path
) -> None:
    shutil.move(made / "entities" / "kme-a", tmp_path / "kme-a")
    states = {one.id: one.state for one in status_of(str(made)).entities}
    assert states == dict.fromkeys(("kme-a", "relay", "kme-b"), "down")
    for name in ("relay", "kme-b"):
        shutil.rmtree(made / "entities" / name)
    with pytest.raises(SpecError, match="holds no entity"):
        status_of(str(made))


def test_the_folder_of_one_entity_is_no_directory_and_says_what_it_is(made: Path) -> None:
    with pytest.raises(SpecError, match=r"is the folder of one entity: .* /status"):
        load_directory(str(made / "entities" / "kme-a"))


def test_an_entity_that_never_ran_has_no_audit_and_gets_no_store(made: Path) -> None:
    with pytest.raises(SpecError, match="there is no store: the entity never ran"):
        verify_entity(load_entity(str(made), "kme-a"))
    assert not (made / "entities" / "kme-a" / "store.sqlite").exists()


def test_an_entity_does_not_take_the_file_of_another(made: Path) -> None:
    entities = made / "entities"
    shutil.copy(entities / "relay" / "entity.yaml", entities / "kme-a" / "entity.yaml")
    with pytest.raises(SpecError, match="is the file of another entity than 'kme-a'"):
        load_entity(str(made), "kme-a")


def test_a_wrong_name_of_the_entity_itself_is_blamed_on_its_own_line(made: Path) -> None:
    file = made / "entities" / "kme-a" / "entity.yaml"
    file.write_text(file.read_text().replace("entity: kme-a", "entity: kme-x"))
    with pytest.raises(SpecError, match="is the file of another entity than 'kme-a'") as caught:
        load_entity(str(made), "kme-a")
    assert (caught.value.path, caught.value.value) == ("entity", "kme-x")
    assert caught.value.line is not None
    assert "kme-x" in file.read_text().splitlines()[caught.value.line - 1]


def test_an_entity_that_is_not_there_is_answered_with_those_that_are(made: Path) -> None:
    with pytest.raises(SpecError, match=r"did you mean 'kme-[ab]'\? known: kme-a, relay, kme-b"):
        load_entity(str(made), "kme-c")
    with pytest.raises(SpecError, match="a name is letters"):
        load_entity(str(made), "../kme-a")


@pytest.mark.parametrize(
    ("missing", "rule"),
    [
        ("kms.yaml", "has no kms.yaml: it is not what `"),
        ("entities/kme-a/entity.yaml", "has no entity.yaml: it is not the whole entity"),
        ("entities/kme-a/kek", "names a file that is not there"),
        ("entities/kme-a/tls/key.pem", "names a file that is not there"),
        ("entities/kme-a/tls/ca.pem", "names a file that is not there"),
    ],
)
def test_a_directory_that_is_not_whole_starts_nothing(missing: str, rule: str, made: Path) -> None:
    (made / missing).unlink()
    done = kms("serve", str(made), "kme-a")
    assert done.returncode == 2
    assert rule in done.stderr
    assert "Traceback" not in done.stderr
    assert not (made / "entities" / "kme-a" / "store.sqlite").exists()


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda e: (e / "kek").chmod(0o644), "others than its owner may use it"),
        (lambda e: (e / "tls" / "key.pem").chmod(0o640), "others than its owner may use it"),
        (lambda e: (e / "kek").write_text("zz"), "64 hex digits"),
        (
            lambda e: [
                shutil.copy(e.parent / "relay" / "tls" / name, e / "tls" / name)
                for name in ("cert.pem", "key.pem")
            ],
            "is the certificate of another entity: needs urn:kme:kme-a",
        ),
        (
            lambda e: shutil.copy(e.parent / "relay" / "tls" / "key.pem", e / "tls" / "key.pem"),
            "cannot be used: key values mismatch",
        ),
        (
            lambda e: (e / "tls" / "key.pem").write_text("garbled"),
            r"cert\.pem: cannot be used: .* \S+key\.pem",
        ),
        (lambda e: (e / "tls" / "ca.pem").write_text("x"), "certificate in PEM"),
        (
            lambda e: (e / "tls" / "ca.pem").write_bytes(
                new_authority("foreign", SystemClock()).root.certificate
            ),
            r"cert\.pem: was issued by no authority in \S+ca\.pem",
        ),
        (
            lambda e: (e / "tls" / "cert.pem").write_text(
                (e / "tls" / "cert.pem").read_text()[:200] + "\n-----END CERTIFICATE-----\n"
            ),
            r"cert\.pem: cannot be used: it is damaged",
        ),
        (lambda e: (e / "epoch").write_text("x"), "is damaged"),
        (
            lambda e: (e / "store.sqlite").write_bytes(b"no database at all" * 99),
            "no SQLite database",
        ),
    ],
)
def test_an_entity_with_something_wrong_says_so_and_serves_nothing(
    spoil, rule: str, made: Path
) -> None:
    spoil(made / "entities" / "kme-a")
    done = kms("serve", str(made), "kme-a")
    assert done.returncode in {1, 2}
    assert re.search(rule, done.stderr)
    assert "Traceback" not in done.stderr
    assert "entity runs" not in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "variables", "said"),
    [
        ("", "", {"INTERLACE_FAULT": "x:0"}, "INTERLACE_FAULT: must be NAME or NAME:NTH"),
        ("file:kek", "env:KMS_KEK", {}, "{file}:{line}: kek: the environment has no such variable"),
        ("file:kek", "env:KMS_KEK", {"KMS_KEK": "x"}, "{file}:{line}: kek: the variable KMS_KEK"),
    ],
)
def test_what_is_wrong_with_the_environment_is_put_down_to_a_file_only_where_it_names_the_variable(
    old: str, new: str, variables: dict[str, str], said: str, made: Path
) -> None:
    file = made / "entities" / "kme-a" / "entity.yaml"
    text = file.read_text()
    file.write_text(text.replace(old, new, 1))
    line = 1 + text[: text.index("kek: file:kek")].count("\n")
    part = EntityPart(load_entity(str(made), "kme-a"), SystemClock(), variables)

    async def story() -> None:
        try:
            with pytest.raises(SpecError) as caught:
                await part.start(Background())
        finally:
            await part.stop()
        assert str(caught.value).startswith(said.format(file=file, line=line))

    asyncio.run(story())


def test_a_key_that_the_file_leaves_out_is_still_the_files(made: Path) -> None:
    file = made / "entities" / "kme-a" / "entity.yaml"
    file.write_text(file.read_text().replace("kek: file:kek\n", ""))
    error = SpecError("does not open this store", path="kek")
    found = located_in_entity(load_entity(str(made), "kme-a"), error)
    assert (found.file, found.line, found.path) == (str(file), None, "kek")


def test_a_folder_that_is_none_of_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="there is no such directory"):
        load_directory(str(tmp_path / "nowhere"))
    with pytest.raises(SpecError, match=r"has no kms\.yaml"):
        load_directory(str(tmp_path))


def test_a_store_may_come_from_the_environment() -> None:
    url = "postgresql://interlace@localhost/keys"
    assert store_of(None, {}) is None
    assert store_of(url, {}) == url
    assert store_of("env:STORE", {"STORE": url}) == url
    with pytest.raises(SpecError, match="has no such variable"):
        store_of("env:STORE", {})
    for wrong in (
        "store.sqlite",
        "mysql://root:secret@db",
        "postgresql://u:secret@127.0.0.1:99999/db",
        "postgresql://u:secret 3@[/db",
        "postgresql://u:secret@db:port/x",
    ):
        with pytest.raises(SpecError) as caught:
            store_of(wrong, {})
        assert "secret" not in str(caught.value)
