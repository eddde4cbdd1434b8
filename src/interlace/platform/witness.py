"""The end of the audit chain, kept outside the store after every commit.

A service's own transactions are all that adds to its chain. So when one begins to add, the chain
must end where the last commit left it, or further on (another one was committed meanwhile): a
database that was put back under the service, or went over to a standby that lagged behind, is
refused before anything is handed out a second time.

The end also stands in a file, written in place before anybody hears of the commit. It is in the
system's memory then and not yet on the disk, which would cost as much again as the commit: it
outlives the process, however that ends, and not the machine. (The epoch file is on the disk, and
a second behind.)
"""

from __future__ import annotations

import contextlib
import os
from hashlib import sha256
from pathlib import Path

from interlace.errors import SpecError
from interlace.platform.failures import StoreFailedError

__all__ = ["Witness", "read_witness"]

_HASH_BYTES = 32
_MARK_LETTERS = 16


class Witness:
    """The highest end of the chain that was committed.

    Args:
        path: of the file, which is made, for its owner alone.
        epoch: of the store; an end of another epoch says nothing.
        seq: number of the chain's last row.
        digest: its hash.

    Raises:
        SpecError: the file cannot be written.
    """

    def __init__(self, path: str, *, epoch: int, seq: int, digest: bytes) -> None:
        self._epoch = epoch
        self._seq, self._digest = seq, digest
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
            os.fchmod(self._file, 0o600)
            self._write()
        except OSError as error:
            raise SpecError(f"cannot be written: {error.strerror}", file=path) from error

    def demand(self, seq: int, digest: bytes) -> None:
        """Make sure that the chain goes on from what was committed.

        Args:
            seq: number of its last row, as a transaction found it.
            digest: that row's hash.

        Raises:
            StoreFailedError: it does not.
        """
        if seq < self._seq or (seq == self._seq and digest != self._digest):
            msg = (
                f"the store was put back while it was in use: its audit chain ends at row {seq}, "
                f"and row {self._seq} had been written: start again, to void its material"
            )
            raise StoreFailedError(msg)

    def note(self, seq: int, digest: bytes) -> None:
        """Take in what was committed; commits may be told of out of order.

        Raises:
            OSError: the file cannot be written.
        """
        if seq > self._seq:
            self._seq, self._digest = seq, digest
            self._write()

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _write(self) -> None:
        words = f"{self._epoch:020d} {self._seq:020d} {self._digest.hex()}"
        os.pwrite(self._file, f"{words} {_mark(words)}\n".encode(), 0)


def read_witness(path: str) -> tuple[int, int, bytes] | None:
    """Epoch, number and hash of the row in the file; `None` if there is none, or half of one."""
    with contextlib.suppress(OSError, ValueError):
        words, _, mark = Path(path).read_text(encoding="ascii").strip().rpartition(" ")
        epoch, seq, digest = words.split(" ")
        found = int(epoch), int(seq), bytes.fromhex(digest)
        if mark == _mark(words) and len(found[2]) == _HASH_BYTES:
            return found
    return None


def _mark(words: str) -> str:
    """Tells half a line, as a machine that loses its power may leave it, from a whole one."""
    return sha256(words.encode()).hexdigest()[:_MARK_LETTERS]
