"""What can go wrong below a room, split by what may be done about it.

    InterlaceError
    ├── StoreError               the store could not do what was asked
    │   ├── StoreFailedError     it is not to be trusted any more: stop serving
    │   ├── StoreUnavailableError  it is out of reach or busy; nothing was written: try again later
    │   ├── OutcomeUnknownError  the connection broke while it committed: written, or not
    │   └── ConstraintError      a rule of a table forbids the row; nothing was written
    ├── SealError                a sealed value does not open where it stands
    └── ServiceError             a running service cannot go on

No message quotes a value of a row: drivers do, so their words stay behind.
"""

from __future__ import annotations

import errno

from interlace.errors import InterlaceError, SpecError

__all__ = [
    "ConstraintError",
    "OutcomeUnknownError",
    "SealError",
    "ServiceError",
    "StoreError",
    "StoreFailedError",
    "StoreUnavailableError",
    "cannot_listen",
    "is_of_the_disk",
]

_OF_THE_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS})
"""Full, over its quota, broken, or read-only, as a system makes a disk that broke."""


class StoreError(InterlaceError):
    """The store could not do what was asked."""


class StoreFailedError(StoreError):
    """The store cannot be written or is damaged: whoever serves from it must stop."""


class StoreUnavailableError(StoreError):
    """The store is out of reach or busy. Nothing was written."""


class OutcomeUnknownError(StoreError):
    """The connection broke during the commit: the transaction happened whole, or not at all."""


class ConstraintError(StoreError):
    """A rule of a table (unique, not null, check) forbids the row. Nothing was written."""


class SealError(InterlaceError):
    """A sealed value does not open: it was changed, or stands in another place than its own."""


class ServiceError(InterlaceError):
    """A running service cannot go on."""


def is_of_the_disk(cause: BaseException | None) -> bool:
    """Whether a file could not be read or written because of the disk that it is on.

    Then nobody's input is wrong, and what was tried works once the disk does.

    Args:
        cause: of an error that was raised instead.
    """
    return isinstance(cause, OSError) and cause.errno in _OF_THE_DISK


def cannot_listen(error: OSError, *, host: str, port: int) -> InterlaceError:
    """Why a service does not listen where it is told to.

    A port that somebody else has may be free in a moment; any other reason lies in what the
    service was told.

    Args:
        error: of the operating system.
        host: which address.
        port: of it.
    """
    if error.errno == errno.EADDRINUSE:
        return ServiceError(f"{host}:{port} is in use: end the process that listens there")
    reason = (error.strerror or "there is no such address").lower()
    return SpecError(f"cannot be listened on: {reason}", value=f"{host}:{port}", path="listen")
