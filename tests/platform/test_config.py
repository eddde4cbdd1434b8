"""A mistake in a configuration file is told with file, line, path, value and rule."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from interlace.errors import SpecError
from interlace.platform import load_config


class Listen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    host: str
    port: int


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    listen: Listen
    store: str = "store.db"


def check(config: Config) -> None:
    if not 0 <= config.listen.port < 65536:
        rule = "must be from 0 to 65535"
        raise SpecError(rule, value=config.listen.port, path="listen.port")


GOOD = "listen:\n  host: localhost\n  port: 8443\n"


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "kme.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_good_file_is_read(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, GOOD), Config, check=check)
    assert config == Config(listen=Listen(host="localhost", port=8443))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (GOOD + "stor: x\n", 4, "stor: unknown key: did you mean 'store'?"),
        ("listen:\n  host: x\n  port: many\n", 3, "listen.port: must be a whole number"),
        ("listen:\n  host: x\n  port: 70000\n", 3, "listen.port: must be from 0 to 65535"),
        ("listen:\n  host: x\n", 1, "listen: needs the key 'port'"),
        (GOOD + "store: a\nstore: b\n", 5, "is written twice"),
        ("listen: [\n", 2, "is not valid YAML"),
        ("", 1, "is empty"),
        (b"\xff\xfe\x00", None, "is not text in UTF-8"),
        ("# " + "x" * (4 << 20), None, "larger than 4 MiB"),
    ],
)  # fmt: skip
def test_a_mistake_names_file_line_path_and_rule(tmp_path, text, line, words) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SpecError) as caught:
        load_config(path, Config, check=check)
    place = f"{path}:{line}: " if line else f"{path}: "
    assert str(caught.value).startswith(place)
    assert words in str(caught.value)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"no\.yaml: cannot be read: No such file"):
        load_config(tmp_path / "no.yaml", Config)
