"""Files that a command writes: whole, or not at all."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

from interlace.errors import SpecError

__all__ = ["check_writable", "descriptor_of", "write_whole"]

_STANDARD = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/(\d{1,9})")


def descriptor_of(path: str) -> int | None:
    """The open descriptor that the path names, 1 for `/dev/stdout`; `None` for other paths."""
    plain = os.path.normpath(path)
    match = _DESCRIPTOR.fullmatch(plain)
    return int(match[1]) if match else _STANDARD.get(plain)


def check_writable(path: str) -> None:
    """Find out before the work starts whether the path can be written.

    Raises:
        SpecError: the path is empty or a folder, or the folder around it is missing, is no folder
            or may not be written.
    """
    if not path:
        raise SpecError("is empty: an output needs a file name")
    if descriptor_of(path) is not None:
        return
    folder = Path(path).parent
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise SpecError("is a folder: an output needs a file name", file=path)
    if not folder.exists():
        raise SpecError(f"the folder {str(folder)!r} does not exist: make it first", file=path)
    if not folder.is_dir():
        raise SpecError(f"{str(folder)!r} is not a folder", file=path)
    if target.exists() and not target.is_file():
        return  # a device or a pipe: opened when it is written
    try:
        handle, probe = tempfile.mkstemp(prefix=".interlace-", dir=target.parent)
        os.close(handle)
        os.unlink(probe)
    except OSError as error:
        raise SpecError(f"cannot be written: {error.strerror}", file=path) from error
    if target.exists() and not os.access(target, os.W_OK):
        raise SpecError("cannot be written: permission denied", file=path)


def write_whole(path: str, content: bytes) -> None:
    """Write the file beside its place, then move it there in one step.

    What is no file (a device, a pipe, `/dev/stdout`) is written straight; so is a descriptor
    whose other end is a file, as of `--json /dev/stdout > out.json`: the shell holds it open.

    Raises:
        SpecError: the path cannot be written; nothing is left behind.
    """
    check_writable(path)
    descriptor, target = descriptor_of(path), Path(os.path.realpath(path))
    try:
        if descriptor is not None:
            _write_to(descriptor, content)
        elif target.exists() and not target.is_file():
            target.write_bytes(content)
        else:
            _replace(target, content)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise SpecError(f"cannot be written: {error.strerror}", file=path) from error


def _write_to(descriptor: int, content: bytes) -> None:
    """Write where the descriptor stands, after what was printed before."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(content)


def _replace(target: Path, content: bytes) -> None:
    temporary: str | None = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=".interlace-", dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, target)
    finally:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
