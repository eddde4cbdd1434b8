"""What an operator's tools ask a service over HTTP: health, readiness, metrics.

It listens on an address of its own, without TLS, on the machine itself: nothing in it is secret,
and nothing in it can be changed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

import msgspec
from prometheus_client import CollectorRegistry

from interlace.platform.failures import cannot_listen
from interlace.platform.health import Health
from interlace.platform.supervise import Background
from interlace.platform.telemetry import METRICS_TYPE, metrics_text

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["Operations"]

Document = Callable[[], Awaitable[object]]
"""Makes a document of plain data or structs."""


class Operations:
    """A part of a service that answers `/healthz`, `/readyz` and `/metrics`.

    `/healthz` is 200 as long as the process answers; `/readyz` is 200 or 503, with what is missing.

    Args:
        health: what it tells.
        registry: the figures.
        host: an address of this machine.
        port: 0 for a free one: `port` says which.
        documents: what else it answers, as JSON: a path to what makes the document.
    """

    name = "operations"

    def __init__(
        self,
        health: Health,
        registry: CollectorRegistry,
        *,
        host: str = "127.0.0.1",
        port: int,
        documents: Mapping[str, Document] | None = None,
    ) -> None:
        from aiohttp import web

        self._health = health
        self._registry = registry
        self._host = host
        self.port = port
        app = web.Application()
        app.router.add_get("/healthz", self._tell_health)
        app.router.add_get("/readyz", self._tell_ready)
        app.router.add_get("/metrics", self._tell_metrics)
        for path, document in (documents or {}).items():
            app.router.add_get(path, _telling(document))
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)

    async def start(self, background: Background) -> None:  # noqa: ARG002 - the port's
        """Listen.

        Raises:
            ServiceError: the port is in use.
            SpecError: the address is none of this machine, or the port is not for everybody.
        """
        from aiohttp import web

        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self.port)
        try:
            await site.start()
        except OSError as error:
            raise cannot_listen(error, host=self._host, port=self.port) from error
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Listen no more."""
        await self._runner.cleanup()

    async def _tell_health(self, request: web.Request) -> web.Response:  # noqa: ARG002
        return _json({"phase": self._health.phase}, status=200)

    async def _tell_ready(self, request: web.Request) -> web.Response:  # noqa: ARG002
        missing = self._health.why_not_ready()
        return _json({"ready": not missing, "missing": missing}, status=503 if missing else 200)

    async def _tell_metrics(self, request: web.Request) -> web.Response:  # noqa: ARG002
        from aiohttp import web

        headers = {"Content-Type": METRICS_TYPE}
        return web.Response(body=metrics_text(self._registry), headers=headers)


def _telling(document: Document) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def tell(request: web.Request) -> web.Response:  # noqa: ARG001 - aiohttp's
        return _json(await document(), status=200)

    return tell


def _json(document: object, *, status: int) -> web.Response:
    from aiohttp import web

    body = msgspec.json.encode(document)
    return web.Response(body=body, status=status, content_type="application/json")
