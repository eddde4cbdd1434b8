"""Secrets: values that no log shows, and the vault that seals what the store holds.

The operator has one key-encryption key (KEK). It wraps data keys (AES key wrap, RFC 3394), which
stand in the store; a data key seals values (AES-256-GCM). Each start of a service makes a data key
of its own, and only that start seals with it: so nonces are a counter, and none comes twice. Data
keys carry the epoch; when it is raised they are deleted, and with them all that they sealed.

    sealed = serial (4 bytes) ‖ nonce (12) ‖ ciphertext ‖ tag (16)

What a value is bound to (its ID, parties, size) is authenticated with it: a ciphertext that was
moved to another row does not open.

Python cannot promise to wipe memory. A `Secret` overwrites its own bytes when it is told to; copies
that libraries made on the way are beyond it.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType, TracebackType
from typing import Any, NoReturn, final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from interlace.errors import InvariantError, SpecError
from interlace.platform.failures import SealError
from interlace.platform.ports import Clock, Row, Transaction
from interlace.platform.private_files import read_private, write_private
from interlace.platform.statements import load_statements

__all__ = [
    "Secret",
    "Vault",
    "bound",
    "create_kek",
    "demand_kek",
    "fits_kek",
    "open_vault",
    "read_kek",
    "rewrap",
    "shred",
]

_SQL = load_statements("interlace.platform", "schema/epoch.sql")
_KEY_BYTES = 32
_SERIAL_BYTES = 4
_NONCE_BYTES = 12
_TAG_BYTES = 16
_SHOWN = "<secret>"
_WRONG_KEK = (
    "the key-encryption key is not the one that the store was made with: the key was replaced, or "
    "the store is of another entity"
)
_NO_BYTES = "a sealed value does not open: it was changed into something that is no bytes"


@final
class Secret:
    r"""Bytes that show themselves as `<secret>`, whoever asks.

    Example:
        >>> secret = Secret(b"0123")
        >>> print(secret, repr(secret), f"{secret:>8}", len(secret))
        <secret> <secret> <secret> 4
        >>> with secret:
        ...     secret.reveal()
        b'0123'
        >>> secret.reveal()
        b'\x00\x00\x00\x00'
    """

    __slots__ = ("_content",)

    def __init__(self, content: bytes | bytearray) -> None:
        self._content = content if isinstance(content, bytearray) else bytearray(content)

    def reveal(self) -> bytes:
        """A copy of the bytes: for the moment in which they are used."""
        return bytes(self._content)

    def wipe(self) -> None:
        """Overwrite the bytes with zeros."""
        self._content[:] = bytes(len(self._content))

    def __len__(self) -> int:
        return len(self._content)

    def __enter__(self) -> Secret:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return _SHOWN

    def __format__(self, spec: str) -> str:
        return format(_SHOWN, spec)

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (_SHOWN,)  # what is pickled or copied is the word

    def __eq__(self, other: object) -> NoReturn:
        raise InvariantError("secrets are not compared: reveal them to hmac.compare_digest")

    __hash__ = None  # pyright: ignore[reportAssignmentType]


def bound(*parts: str | int | bytes) -> bytes:
    """Parts as one text of bytes, such that no other parts give the same.

    Example:
        >>> bound("ab", "c") == bound("a", "bc")
        False
    """
    encoded = [_encoded(part) for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def _encoded(part: str | int | bytes) -> bytes:
    if isinstance(part, bytes):
        return b"b" + part
    return b"s" + part.encode() if isinstance(part, str) else b"i" + str(part).encode()


def create_kek(path: str) -> None:
    """Make a key-encryption key from the system's generator, in a new file of mode 0600.

    Raises:
        SpecError: the file is there already, or cannot be written.
    """
    write_private(path, os.urandom(_KEY_BYTES).hex().encode() + b"\n", is_new=True)


def read_kek(source: str, environment: Mapping[str, str]) -> Secret:
    """Read the key-encryption key: 64 hex digits.

    Args:
        source: `file:PATH`, or `env:NAME` for a variable of the environment.
        environment: where variables are looked up.

    Raises:
        SpecError: no such source, others than its owner may read the file, or it is no such key.
    """
    kind, _, name = source.partition(":")
    if kind == "file" and name:
        text = read_private(name)
    elif kind == "env" and name:
        if name not in environment:
            raise SpecError("the environment has no such variable", value=name, path="kek")
        text = bytearray(environment[name].encode(errors="surrogateescape"))
    else:
        raise SpecError("must be file:PATH or env:NAME", value=kind, path="kek")
    try:
        key = bytearray.fromhex(text.decode("ascii").strip())
    except ValueError:
        key = bytearray()
    text[:] = bytes(len(text))
    if len(key) != _KEY_BYTES:
        if kind == "file":
            raise SpecError("holds no key-encryption key: that is 64 hex digits", file=name)
        rule = f"the variable {name} holds no key-encryption key: that is 64 hex digits"
        raise SpecError(rule, path="kek")
    return Secret(key)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sealer:
    serial: bytes
    epoch: int
    cipher: AESGCM


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """Seals with this start's data key, opens with any of the store's. `open_vault` makes it."""

    _mine: _Sealer
    _all: MappingProxyType[bytes, _Sealer]
    _nonces: Iterator[int] = field(default_factory=itertools.count)

    @property
    def epoch(self) -> int:
        """The epoch of what this vault seals."""
        return self._mine.epoch

    def seal(self, material: bytes | bytearray, *, bound_to: bytes) -> bytes:
        """Encrypt and authenticate.

        Args:
            material: what is secret.
            bound_to: what it belongs to; `bound` makes it.
        """
        nonce = next(self._nonces).to_bytes(_NONCE_BYTES, "big")
        context = _context(self._mine, bound_to)
        return self._mine.serial + nonce + self._mine.cipher.encrypt(nonce, material, context)

    def open(self, sealed: bytes, *, bound_to: bytes) -> Secret:
        """Decrypt what was sealed under the same bond.

        Raises:
            SealError: it was changed, belongs elsewhere, or its data key is gone.
        """
        if not _are_bytes(sealed):
            raise SealError(_NO_BYTES)
        sealer = self._all.get(bytes(sealed[:_SERIAL_BYTES]))
        if sealer is None or len(sealed) < _SERIAL_BYTES + _NONCE_BYTES + _TAG_BYTES:
            msg = (
                "a sealed value does not open: its data key is not in the store: it was changed, "
                "or another process works on the same store"
            )
            raise SealError(msg)
        nonce = sealed[_SERIAL_BYTES : _SERIAL_BYTES + _NONCE_BYTES]
        try:
            ciphertext = sealed[_SERIAL_BYTES + _NONCE_BYTES :]
            return Secret(sealer.cipher.decrypt(nonce, ciphertext, _context(sealer, bound_to)))
        except InvalidTag:
            msg = "a sealed value does not open: it was changed, or is not where it was put"
            raise SealError(msg) from None


def _context(sealer: _Sealer, bound_to: bytes) -> bytes:
    return sealer.serial + sealer.epoch.to_bytes(8, "big") + bound_to


async def demand_kek(tx: Transaction, kek: Secret) -> None:
    """Make sure that a store was made with a key-encryption key; one without data keys may be.

    Ask before the epoch is opened: where that is raised the data keys are deleted, and with them
    what tells the store of another service from one's own.

    Raises:
        SpecError: it was made with another.
    """
    rows = await tx.rows(_SQL["data_keys"])
    if not fits_kek(kek, [wrapped for _, _, wrapped in rows]):
        raise SpecError(_WRONG_KEK, path="kek")


def fits_kek(kek: Secret, wrapped: Sequence[bytes]) -> bool:
    """Whether a key-encryption key opens any of a store's data keys, or there are none.

    One is enough: a row that somebody changed makes a store no other service's.
    """
    return not wrapped or any(_opens(kek, one) for one in wrapped)


def _opens(kek: Secret, wrapped: bytes) -> bool:
    return _unwrapped(kek, wrapped) is not None


async def open_vault(tx: Transaction, kek: Secret, *, epoch: int, clock: Clock) -> Vault:
    """Unwrap the store's data keys and add one for this start, in the caller's transaction.

    Raises:
        SpecError: the key-encryption key is not the one that the store was made with.
        SealError: it is, and somebody changed one of the store's data keys.
    """
    sealers = {
        _serial(serial): _sealer(serial, of_epoch, key)
        for serial, of_epoch, key in await _data_keys(tx, kek)
    }
    last = (await tx.rows(_SQL["last_data_key"]))[0][0]
    key = os.urandom(_KEY_BYTES)
    wrapped = aes_key_wrap(kek.reveal(), key)
    await tx.run(_SQL["add_data_key"], last + 1, epoch, clock.now_us(), wrapped)
    mine = _sealer(last + 1, epoch, key)
    return Vault(_mine=mine, _all=MappingProxyType({**sealers, mine.serial: mine}))


async def rewrap(tx: Transaction, old: Secret, new: Secret) -> int:
    """Wrap the data keys by a new key-encryption key, in the caller's transaction.

    Returns:
        How many.

    Raises:
        SpecError: the old key is not the one that the store was made with.
        SealError: it is, and somebody changed one of the store's data keys.
    """
    rows = await _data_keys(tx, old)
    for serial, _, key in rows:
        await tx.run(_SQL["rewrap_data_key"], serial, aes_key_wrap(new.reveal(), key))
    return len(rows)


async def shred(tx: Transaction, *, below_epoch: int) -> int:
    """Delete the data keys of older epochs: what they sealed is beyond reach. How many."""
    return await tx.run(_SQL["shred"], below_epoch)


async def _data_keys(tx: Transaction, kek: Secret) -> list[tuple[int, int, bytes]]:
    """Serial, epoch and the key itself of every data key."""
    rows: Sequence[Row] = await tx.rows(_SQL["data_keys"])
    found = [(serial, epoch, _unwrapped(kek, wrapped)) for serial, epoch, wrapped in rows]
    changed = [serial for serial, _, key in found if key is None]
    if found and len(changed) == len(found):
        raise SpecError(_WRONG_KEK, path="kek")
    if changed:
        msg = (
            f"data key {changed[0]} in the store was changed, for the key-encryption key opens "
            "others: keep the store as evidence; where its epoch file is removed, the next start "
            "voids all that is in it"
        )
        raise SealError(msg)
    return [(serial, epoch, key) for serial, epoch, key in found if key is not None]


def _unwrapped(kek: Secret, wrapped: Any) -> bytes | None:  # noqa: ANN401 - a column
    """The data key; `None` if it was wrapped by another, or was changed."""
    if not _are_bytes(wrapped):
        return None
    try:
        return aes_key_unwrap(kek.reveal(), bytes(wrapped))
    except (InvalidUnwrap, ValueError):
        return None


def _are_bytes(column: object) -> bool:
    """Whether a column holds bytes: in SQLite each row may hold a value of another type."""
    return isinstance(column, bytes | bytearray | memoryview)


def _serial(serial: int) -> bytes:
    return serial.to_bytes(_SERIAL_BYTES, "big")


def _sealer(serial: int, epoch: int, key: bytes) -> _Sealer:
    return _Sealer(serial=_serial(serial), epoch=epoch, cipher=AESGCM(key))
