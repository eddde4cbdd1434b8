"""Files that nobody but their owner may read, written durably; and a folder that one may hold."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from collections.abc import Generator
from pathlib import Path

from interlace.errors import SpecError
from interlace.platform.failures import ServiceError

__all__ = ["demand_private", "hold_folder", "read_private", "sync_folder", "write_private"]

_MOST_BYTES = 1 << 20


def write_private(path: str, content: bytes | bytearray, *, is_new: bool = False) -> None:
    """Write a file that its owner alone may read: whole, and on the disk when this returns.

    Args:
        path: where.
        content: what.
        is_new: refuse to replace a file.

    Raises:
        SpecError: it cannot be written, or is there although it must be new.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        descriptor = os.open(temporary, flags, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        if is_new:
            os.link(temporary, target)
            os.unlink(temporary)
        else:
            os.replace(temporary, target)
        sync_folder(target.parent)
    except FileExistsError as error:
        raise SpecError("is there already, and is never written over", file=path) from error
    except OSError as error:
        raise SpecError(f"cannot be written: {error.strerror}", file=path) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def demand_private(path: str) -> None:
    """Make sure that a secret file is a file, and its owner's alone.

    Raises:
        SpecError: it is missing, no file, or others may read or write it.
    """
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        raise SpecError(f"cannot be read: {error.strerror}", file=path) from error
    if not stat.S_ISREG(mode):
        raise SpecError("is no file", file=path)
    if stat.S_IMODE(mode) & 0o077:
        rule = "others than its owner may use it: run `chmod 600` on it"
        raise SpecError(rule, value=f"{stat.S_IMODE(mode):04o}", file=path)


def read_private(path: str) -> bytearray:
    """The content of a file that its owner alone may read.

    Raises:
        SpecError: as `demand_private`; or it is larger than 1 MiB.
    """
    demand_private(path)
    try:
        with open(path, "rb") as file:
            content = bytearray(file.read(_MOST_BYTES + 1))
    except OSError as error:
        raise SpecError(f"cannot be read: {error.strerror}", file=path) from error
    if len(content) > _MOST_BYTES:
        raise SpecError("is larger than 1 MiB", file=path)
    return content


@contextlib.contextmanager
def hold_folder(folder: str) -> Generator[None]:
    """Hold a folder against every other process that would; let go however this one ends.

    Raises:
        SpecError: no such folder, or it may not be written.
        ServiceError: another process holds it.
    """
    path = str(Path(folder) / "lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise SpecError(f"cannot be held: {error.strerror}", file=folder) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ServiceError(f"{folder} is in use by another process: end it first") from error
        yield
    finally:
        os.close(descriptor)
