"""plan.json: a plan as columns, and back.

The document is strict: unknown or missing keys, wrong types and columns of
unequal length are refused. `content_id` is that of the plan; a document whose
content does not hash to it was changed by hand.
"""

from __future__ import annotations

import math
import re

import msgspec

from interlace.compiler.from_document import plan_of
from interlace.compiler.plan import Plan
from interlace.compiler.schema import VERSION, BadColumnError, PlanDocument, as_json, from_json
from interlace.compiler.to_document import derived, document_of
from interlace.errors import SpecError

__all__ = ["decoded", "encoded", "summarised"]

_LONG = ("schedule", "pairs", "blocks")


def encoded(plan: Plan) -> bytes:
    """The plan as plan.json."""
    return as_json(document_of(plan))


def summarised(plan: Plan) -> bytes:
    """plan.json without the long columns: schedule, pairs and the circuit's operations."""
    whole = document_of(plan)
    document = {name: getattr(whole, name) for name in whole.__struct_fields__ if name not in _LONG}
    document["circuit"] = {
        name: getattr(whole.circuit, name)
        for name in whole.circuit.__struct_fields__
        if name != "ops"
    }
    return as_json(document, indent=2)


def decoded(content: bytes) -> Plan:
    """The plan in a plan.json, as written; its rules are not checked here.

    Raises:
        SpecError: not JSON, not this schema, or changed since it was saved.
    """
    document = _read(content)
    if document.interlace_plan != VERSION:
        raise SpecError(
            f"needs interlace_plan: {VERSION}",
            value=document.interlace_plan,
            path="interlace_plan",
        )
    if not 0 <= document.compile_s < math.inf:
        rule = "must be a finite time in seconds, not negative"
        raise SpecError(rule, value=document.compile_s, path="compile_s")
    plan = plan_of(document)
    if plan.content_id() != document.content_id:
        raise SpecError(
            "was changed since it was saved: its content_id does not fit its content; "
            "make it again with `interlace distribute`",
            value=document.content_id,
            path="content_id",
        )
    for name, value in derived(plan).items():
        if getattr(document, name) != value:
            raise SpecError(
                "does not fit the rest of the plan: leave the file as it was saved", path=name
            )
    return plan


def _read(content: bytes) -> PlanDocument:
    if not content.strip():
        raise SpecError("is empty: needs a plan.json, which `interlace distribute -o` writes")
    try:
        return from_json(content)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `$")
        if isinstance(cause := error.__cause__, BadColumnError):
            path = place.strip("`").lstrip(".") + cause.place
            raise SpecError(cause.rule, value=cause.value, path=path) from error
        if _is_summary(content):
            rule = (
                "is the plan without its schedule, which `interlace distribute --json` writes: "
                "the file of `-o` has all of it"
            )
            raise SpecError(rule) from error
        rule = f"is not a plan.json of this version: {problem[:1].lower()}{problem[1:]}"
        raise SpecError(rule, path=place.strip("`").lstrip(".") or None) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _no_json(content, str(error)) from error
    except RecursionError:
        raise SpecError("is not a plan.json: it is nested too deeply") from None


def _is_summary(content: bytes) -> bool:
    """Whether the JSON is what `summarised` writes: a plan that lacks all long columns."""
    try:
        keys = msgspec.json.decode(content, type=dict[str, msgspec.Raw]).keys()
    except msgspec.DecodeError:
        return False
    return {"interlace_plan", "placement"} <= keys and keys.isdisjoint(_LONG)


def _no_json(content: bytes, problem: str) -> SpecError:
    """The line of the mistake, and what is written there."""
    match = re.search(r" \(byte (\d+)\)", problem)
    end = int(match[1]) if match else len(content)
    line = content.count(b"\n", 0, end) + 1
    begin = content.rfind(b"\n", 0, end) + 1
    written = content[max(begin, end - 30) : end + 30].split(b"\n")[0].decode(errors="replace")
    rule = f"is not a plan.json: {problem.replace(match[0], '') if match else problem}"
    return SpecError(rule, value=written or None, line=line)
