"""The plan checker: shows that a plan is its circuit, by code of its own."""

from interlace.compiler.check.entry import check_plan, check_schedule
from interlace.compiler.check.failure import CheckFailure
from interlace.compiler.check.replay import check_machine_program, check_machine_programs

__all__ = [
    "CheckFailure",
    "check_machine_program",
    "check_machine_programs",
    "check_plan",
    "check_schedule",
]
