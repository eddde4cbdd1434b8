"""Files that a command writes: whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from interlace.errors import SpecError

__all__ = ["check_writable", "write_whole"]


def check_writable(path: str) -> None:
    """Find out before the work starts whether the path can be written.

    Raises:
        SpecError: the folder is missing, is no folder, may not be written, or the path is a folder.
    """
    target = Path(path)
    folder = target.parent
    if target.is_dir():
        raise SpecError("is a folder: an output needs a file name", file=path)
    if not folder.exists():
        raise SpecError(f"the folder {str(folder)!r} does not exist: make it first", file=path)
    if not folder.is_dir():
        raise SpecError(f"{str(folder)!r} is not a folder", file=path)
    if target.exists() and not target.is_file():
        return  # a device or a pipe: opened when it is written
    try:
        handle, probe = tempfile.mkstemp(prefix=".interlace-", dir=folder)
        os.close(handle)
        os.unlink(probe)
    except OSError as error:
        raise SpecError(f"cannot be written: {error.strerror}", file=path) from error
    if target.exists() and not os.access(target, os.W_OK):
        raise SpecError("cannot be written: permission denied", file=path)


def write_whole(path: str, content: bytes) -> None:
    """Write the file beside its place, then move it there in one step.

    Raises:
        SpecError: the path cannot be written; nothing is left behind.
    """
    target = Path(path)
    if target.exists() and not target.is_file() and not target.is_dir():
        try:
            target.write_bytes(content)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise SpecError(f"cannot be written: {error.strerror}", file=path) from error
        return
    check_writable(path)
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
        os.replace(temporary, target.resolve())
    except OSError as error:
        raise SpecError(f"cannot be written: {error.strerror}", file=path) from error
    finally:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
