"""What a service tells while it runs: one line of JSON an event, and figures for Prometheus.

A log line has `at`, `level`, `logger`, `event` and the event's fields. Values that could be key
material never get into it: bytes become their length, a `Secret` the word `<secret>`, an object
the name of its type; an exception that is not interlace's own leaves its type and the places in
the code, but not its words, for libraries quote what they choke on.
"""

from __future__ import annotations

import contextlib
import contextvars
import logging
import os
import re
import traceback
from collections.abc import Generator, Mapping, Sequence
from typing import IO

import msgspec
from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, generate_latest

from interlace.errors import InterlaceError
from interlace.platform.clock import instant_text

__all__ = [
    "METRICS_TYPE",
    "Field",
    "JsonFormatter",
    "log_event",
    "log_scope",
    "metrics_text",
    "new_metrics",
    "new_request_id",
    "request_scope",
    "set_up_logs",
]

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""The content type of `metrics_text`."""

Field = str | int | float | bool | Sequence[object] | Mapping[str, object] | Exception | None

_REQUEST: contextvars.ContextVar[str | None] = contextvars.ContextVar("request", default=None)
_SCOPE: contextvars.ContextVar[Mapping[str, Field] | None] = contextvars.ContextVar(
    "scope", default=None
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DEPTH = 4
_LONGEST = 2000


def log_event(
    logger: logging.Logger, event: str, *, level: int = logging.INFO, **fields: Field
) -> None:
    """Log an event with its fields.

    Args:
        logger: of the module, `logging.getLogger("interlace.kms")`.
        event: what happened, in words that stay the same: "link is down".
        level: of the standard library.
        fields: what happened to what.
    """
    if logger.isEnabledFor(level):
        logger.log(level, event, extra={"fields": fields})


def set_up_logs(stream: IO[str], *, level: int = logging.INFO) -> logging.Handler:
    """Send what `interlace` logs to a stream as JSON lines; of other libraries, warnings alone.

    Returns:
        The handler, for who wants to take it away again.
    """
    handler = _LineHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("interlace").setLevel(level)
    return handler


class _LineHandler(logging.StreamHandler[IO[str]]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """A line that cannot be written, as on a full disk, is lost: no traceback is told of it."""


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the line."""
        line: dict[str, object] = {
            "at": instant_text(round(record.created * 1e6)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _message(record),
        }
        request = _REQUEST.get()
        if request is not None:
            line["request"] = request
        fields = {**(_SCOPE.get() or {}), **getattr(record, "fields", {})}
        for name, value in fields.items():
            line.setdefault(name, _plain(value, _DEPTH))
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = _error(record.exc_info[1])
        return msgspec.json.encode(line).decode()


def _message(record: logging.LogRecord) -> str:
    """The message with its arguments, those that are values of the line's kind."""
    if not record.args:
        return str(record.msg)[:_LONGEST]
    arguments = record.args
    try:
        if isinstance(arguments, Mapping):
            return str(record.msg) % {k: _plain(v, 1) for k, v in arguments.items()}
        return str(record.msg) % tuple(_plain(value, 1) for value in arguments)
    except (TypeError, ValueError, KeyError):
        return str(record.msg)[:_LONGEST]


def _plain(value: object, depth: int) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else value[:_LONGEST] + "..."
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if isinstance(value, InterlaceError):
        return str(value)
    if depth and isinstance(value, Mapping):
        return {str(_plain(key, 0)): _plain(inner, depth - 1) for key, inner in value.items()}
    if depth and isinstance(value, list | tuple):
        return [_plain(inner, depth - 1) for inner in value]
    return f"<{type(value).__name__.lower()}>"


def _error(error: BaseException) -> dict[str, object]:
    frames = traceback.extract_tb(error.__traceback__)
    told: dict[str, object] = {
        "type": type(error).__name__,
        "at": [f"{os.path.basename(f.filename)}:{f.lineno} {f.name}" for f in frames[-8:]],
    }
    if isinstance(error, InterlaceError):
        told["message"] = str(error)
    return told


@contextlib.contextmanager
def log_scope(**fields: Field) -> Generator[None]:
    """Put fields into every log line of the block, and of the tasks that begin in it.

    Where several services share a process and a log, it says which of them a line is of.

    Args:
        fields: `entity="kme-a"`; a line's own field of that name goes before it.
    """
    token = _SCOPE.set({**(_SCOPE.get() or {}), **fields})
    try:
        yield
    finally:
        _SCOPE.reset(token)


def new_request_id() -> str:
    """An identifier from the system's generator."""
    return os.urandom(9).hex()


@contextlib.contextmanager
def request_scope(request_id: str | None = None) -> Generator[str]:
    """Put the request's ID into every log line from here to the end of the block.

    Args:
        request_id: the caller's, if it is of letters, digits and `._-`, at most 64; else a new one.
    """
    known = request_id is not None and _REQUEST_ID.fullmatch(request_id)
    name = request_id if known and request_id else new_request_id()
    token = _REQUEST.set(name)
    try:
        yield name
    finally:
        _REQUEST.reset(token)


def new_metrics(version: str) -> CollectorRegistry:
    """A registry for the figures of one process, with the process's own in it.

    Rooms add theirs: `Counter("interlace_kms_delivered_total", "...", ["sae"], registry=registry)`.
    """
    registry = CollectorRegistry(auto_describe=True)
    ProcessCollector(registry=registry)
    info = Gauge("interlace_info", "1, with the version as label.", ["version"], registry=registry)
    info.labels(version).set(1)
    return registry


def metrics_text(registry: CollectorRegistry) -> bytes:
    """The figures as Prometheus reads them, of type `METRICS_TYPE`."""
    return generate_latest(registry)
