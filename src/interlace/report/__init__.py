"""What happened, where the time and the errors went: as table, JSON, page and picture."""

from interlace.report.document import read_run_document, run_document
from interlace.report.formats import Report, report
from interlace.report.key_figure import key_rate_picture
from interlace.report.network_view import network_page
from interlace.report.schema import RunDocument
from interlace.report.table import plan_table

__all__ = [
    "Report",
    "RunDocument",
    "key_rate_picture",
    "network_page",
    "plan_table",
    "read_run_document",
    "report",
    "run_document",
]
