"""Named points at which a test may have this process killed, as if the power went.

A point does nothing unless the environment names it: `INTERLACE_FAULT=kms.deliver.before-commit:3`
kills the process with SIGKILL when it gets to that point for the third time. Its last words, on
stderr, are `killed at kms.deliver.before-commit`: so a test knows that it was this.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field

from interlace.errors import SpecError

__all__ = ["KillPoints"]

_VARIABLE = "INTERLACE_FAULT"
_STDERR = 2


@dataclass(slots=True)
class KillPoints:
    """The points of one process.

    Args:
        name: the point that kills; empty: none does.
        nth: at which visit, from 1.

    Example:
        >>> KillPoints().point("kms.deliver.before-commit")
    """

    name: str = ""
    nth: int = 1
    _visits: int = field(default=0, init=False)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> KillPoints:
        """The points as the environment has them: `INTERLACE_FAULT=NAME` or `NAME:NTH`.

        Raises:
            SpecError: the visit is no whole number from 1.
        """
        written = environment.get(_VARIABLE, "")
        name, _, nth = written.partition(":")
        if nth and not (nth.isascii() and nth.isdigit() and int(nth) > 0):
            raise SpecError("must be NAME or NAME:NTH, NTH from 1", value=written, path=_VARIABLE)
        return cls(name=name, nth=int(nth or 1))

    def point(self, name: str) -> None:
        """Be at the point of that name; this may be the end."""
        if name == self.name:
            self._visits += 1
            if self._visits == self.nth:
                with contextlib.suppress(OSError):
                    os.write(_STDERR, f"killed at {name}\n".encode())
                os.kill(os.getpid(), signal.SIGKILL)
