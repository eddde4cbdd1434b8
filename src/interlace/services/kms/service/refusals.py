"""Why an application's request is refused, by a code that stays the same."""

from __future__ import annotations

from typing import Literal

from interlace.errors import InterlaceError

__all__ = ["RefusalCode", "RefusedError"]

RefusalCode = Literal[
    "insufficient",
    "unknown-key",
    "wrong-party",
    "not-served",
    "not-permitted",
    "unreachable",
    "refused-there",
    "not-serving",
]


class RefusedError(InterlaceError):
    """A request that is not carried out.

    Args:
        code: why; `wire.etsi014` says how each is told.
        words: what to tell, where the code alone does not say it.
    """

    def __init__(self, code: RefusalCode, words: str = "") -> None:
        self.code: RefusalCode = code
        self.words = words
        super().__init__(words or code)
