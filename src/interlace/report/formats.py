"""A result in every form in which people look at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from interlace.arguments import path_text, wrong
from interlace.errors import SpecError
from interlace.output import write_whole
from interlace.report.causes import limit
from interlace.report.document import encode_document, run_document
from interlace.report.page import page
from interlace.report.table import run_table
from interlace.runtime import Result

__all__ = ["Report", "report"]


@dataclass(frozen=True, slots=True)
class Report:
    """A run, ready to be printed (`str`), saved (`save`) or passed on."""

    result: Result

    def __str__(self) -> str:
        """The terminal table: plain text, aligned, ending without a newline."""
        return run_table(self.result).rstrip("\n")

    def limit(self) -> str:
        """One sentence on what limited the run, in time and in errors."""
        return limit(self.result)

    def to_json(self) -> bytes:
        """The `RunDocument` as JSON, UTF-8.

        Raises:
            InvariantError: a number in the result is NaN or infinite.
        """
        return encode_document(run_document(self.result))

    def to_html(self, *, command: str | None = None) -> str:
        """One self-contained page: no script, nothing to load.

        Args:
            command: the command line that gives the same run again, for the page to show; by
                default one that runs the saved plan.
        """
        return page(self.result, command=command)

    def to_png(self) -> bytes:
        """One picture of 1600 x 1000 pixels: timeline, outcomes, what limited the run."""
        from interlace.report.figure import figure_png

        return figure_png(self.result)

    def to_b8(self) -> bytes:
        """Every shot's bits in stim's format b8, which has no header.

        Shot after shot, each the program's bits in order (as `Result.samples` has them), eight to
        a byte, the first one lowest, the last byte filled with zeros:
        `stim.read_shot_data_file(path=..., format="b8", num_measurements=bits)` reads it.
        """
        return np.packbits(self.result.samples, axis=1, bitorder="little").tobytes()

    def save(self, path: str | PurePath) -> None:
        """Write the report, whole or not at all, in the form that the suffix names.

        Raises:
            SpecError: the suffix is none of .html, .json, .png, .b8, or the path cannot be written.
        """
        path = path_text("path", path, of="the file to write")
        suffix = PurePath(path).suffix.lower()
        form = _FORMS.get(suffix)
        if form is None:
            rule = f"needs one of the suffixes {', '.join(_FORMS)}"
            raise SpecError(rule, value=suffix or "no suffix", file=str(path))
        write_whole(str(path), form(self))


_FORMS: dict[str, Callable[[Report], bytes]] = {
    ".html": lambda report: report.to_html().encode(),
    ".json": Report.to_json,
    ".png": Report.to_png,
    ".b8": Report.to_b8,
}


def report(result: Result) -> Report:
    """Report a run.

    Raises:
        SpecError: not a `Result`.

    Example:
        report = interlace.report(interlace.run(plan, shots=4096, seed=7))
        print(report)
        report.save("report.html")
    """
    if not isinstance(result, Result):
        hint = "`interlace.run(plan)` gives one"
        raise wrong("result", "must be a Result", result, hint=hint)
    return Report(result)
