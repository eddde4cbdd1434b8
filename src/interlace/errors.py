"""The one tree of errors, split by who can act.

    InterlaceError
    ├── SpecError         the writer of a description: file, line, path, value, rule
    ├── DomainError       a model was asked outside the range in which it holds
    ├── InfeasibleError   no path, plan or capacity: names the tightest constraint
    ├── ProtocolError     a peer, here or there, broke a protocol
    └── InvariantError    our own bug: please report it

A message says what was seen, what was needed, and what to do.
A lost photon is data, not an error.
"""

from __future__ import annotations

__all__ = [
    "DomainError",
    "InfeasibleError",
    "InterlaceError",
    "InvariantError",
    "ProtocolError",
    "SpecError",
]


class InterlaceError(Exception):
    """Anything that interlace raises on purpose."""


class SpecError(InterlaceError):
    """A description (file, option, argument) breaks a rule; its writer can mend it.

    Args:
        rule: what was needed, as a sentence fragment; may say what to do.
        value: what was seen (`None`: nothing worth showing).
        file: the file, as the user named it.
        line: 1-based line in the file.
        path: where inside the document (`links.isar--pegnitz.chain[2].bsm`),
            or `instruction 17` in a circuit that has no lines.
    """

    def __init__(
        self,
        rule: str,
        *,
        value: object = None,
        file: str | None = None,
        line: int | None = None,
        path: str | None = None,
    ) -> None:
        self.rule = rule
        self.value = value
        self.file = file
        self.line = line
        self.path = path
        super().__init__(rule)

    def __str__(self) -> str:
        where = self.file or ""
        if self.line is not None:
            where += f":{self.line}" if where else f"line {self.line}"
        parts = [part for part in (where, self.path) if part]
        seen = "" if self.value is None else f" (got {_shown(self.value)})"
        return ": ".join([*parts, self.rule + seen])

    def located(
        self, *, file: str | None = None, line: int | None = None, path: str | None = None
    ) -> SpecError:
        """The same error with the places filled in that it does not know yet."""
        return SpecError(
            self.rule,
            value=self.value,
            file=self.file or file,
            line=self.line if self.line is not None else line,
            path=self.path or path,
        )


class DomainError(InterlaceError):
    """A formula was asked outside its range of validity."""


class InfeasibleError(InterlaceError):
    """What was asked cannot be done with what there is; names the tightest constraint."""


class ProtocolError(InterlaceError):
    """A peer broke a protocol."""


class InvariantError(InterlaceError):
    """interlace broke its own rule. This is a bug: please report it with the input."""


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
