"""The one way in which the check says no."""

from __future__ import annotations

from typing import NoReturn

from interlace.errors import InvariantError

__all__ = ["CheckFailure", "refuse"]


class CheckFailure(InvariantError):  # noqa: N818 -- a finding, not a slip of the program
    """A plan, its joint program or a machine's program breaks a rule.

    From our own compiler this is a bug. For a plan that came from a file it is
    bad input: `where` and `rule` then say what to mend.

    Args:
        rule: what was needed, and what was seen, as a sentence fragment.
        where: the place: `step 17`, `joint op 40`, `pair 3`, `register isar_comm`, ...
    """

    def __init__(self, rule: str, *, where: str) -> None:
        self.rule = rule
        self.where = where
        super().__init__(f"{where}: {rule}")


def refuse(where: str, rule: str) -> NoReturn:
    """Raise the failure: in `where`, `rule` does not hold."""
    raise CheckFailure(rule, where=where)
