"""Plans on disk: saved whole, loaded only after they were checked again."""

from __future__ import annotations

import dataclasses
from os import PathLike
from pathlib import Path

from interlace.arguments import path_text, wrong
from interlace.compiler.check import CheckFailure, check_plan, check_schedule
from interlace.compiler.distributor import programs_of
from interlace.compiler.document import decoded, encoded, summarised
from interlace.compiler.plan import Plan
from interlace.errors import InterlaceError, SpecError
from interlace.output import write_whole

__all__ = ["load_plan", "parse_plan", "plan_document", "save_plan"]


def save_plan(plan: Plan, path: str | PathLike[str]) -> None:
    """Write the plan as JSON, whole or not at all.

    Raises:
        SpecError: not a `Plan`, or the path cannot be written.
    """
    if not isinstance(plan, Plan):
        hint = "`interlace.distribute(circuit, network)` makes one"
        raise wrong("plan", "must be a Plan", plan, hint=hint)
    write_whole(path_text("path", path, of="the file to write"), encoded(plan))


def plan_document(plan: Plan, *, schedule: bool = True) -> bytes:
    """The plan as JSON: all of plan.json, or without its long columns."""
    return encoded(plan) if schedule else summarised(plan)


def load_plan(path: str | PathLike[str]) -> Plan:
    """Read a plan.json and check it again, as if it had just been made.

    What the file says of its check is not believed: the plan carries what was shown now.

    Raises:
        SpecError: the file cannot be read, is no plan, was changed since it was saved, or does
            not compute what its circuit says. Or `path` is no path.
    """
    path = path_text("path", path, of="a plan.json")
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise SpecError(f"cannot be read: {error.strerror}", file=path) from error
    return parse_plan(content, file=path)


def parse_plan(content: bytes, *, file: str | None = None) -> Plan:
    """The plan of a plan.json's content, checked again as by `load_plan`.

    Args:
        content: JSON in UTF-8.
        file: what errors call it.

    Raises:
        SpecError: no plan, changed since it was saved, or not the computation of its circuit.
    """
    try:
        plan = decoded(content)
    except SpecError as error:
        raise error.located(file=file) from error
    except InterlaceError as error:
        raise SpecError(str(error), file=file) from error
    try:
        check_schedule(plan)
        check = check_plan(plan, programs_of(plan).joint)
    except CheckFailure as error:
        raise SpecError(f"does not pass its check: {error}", file=file) from error
    return dataclasses.replace(plan, check=check)
