"""ETSI GS QKD 014 over HTTP: three methods, and an Error for whatever else happens.

Who asks is in the certificate that TLS has verified, and nowhere else: no header and no part of
the path is looked at for it.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter

from interlace.errors import ProtocolError
from interlace.platform import (
    Clock,
    IdentityRule,
    LimitedLog,
    PeerIdentity,
    ServerTls,
    new_request_id,
    peer_identity,
    request_scope,
)
from interlace.services.kms.api.etsi014_asking import (
    MOST_BYTES,
    TOO_LARGE,
    asked_body,
    asked_method,
    asked_query,
)
from interlace.services.kms.api.http_server import (
    Connection,
    StrictServer,
    Timing,
    json_response,
    log_crash,
)
from interlace.services.kms.api.refusal_log import log_refusal
from interlace.services.kms.model import DeliveredKey, EntityConfig, Pair, SaeId, parts_needed
from interlace.services.kms.model.peering import POOL_BITS
from interlace.services.kms.service.deliveries import Deliveries
from interlace.services.kms.service.refusals import RefusedError
from interlace.services.kms.wire.etsi014 import (
    REFUSALS,
    Status,
    StatusExtension,
    WireError,
    container_body,
    error_body,
    read_key_ids,
    read_key_request,
    status_body,
)
from interlace.services.kms.wire.peers import KME_RULE

__all__ = ["Etsi014Api"]

_LOG = logging.getLogger("interlace.kms")

_Method = Callable[["Etsi014Api", web.BaseRequest, SaeId, SaeId, str], Awaitable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Route:
    name: str
    verbs: tuple[str, ...]
    answer: _Method


class Etsi014Api:
    """The SAEs' side of an entity; a `Part` of its service, to be started last.

    Args:
        deliveries: what SAEs may do.
        config: of this entity.
        clock: says when certificates end.
        registry: of the process's figures.
        timing: how long clients may take.
    """

    name = "ETSI GS QKD 014"

    def __init__(
        self,
        deliveries: Deliveries,
        config: EntityConfig,
        *,
        tls: ServerTls,
        clock: Clock,
        registry: CollectorRegistry,
        timing: Timing | None = None,
    ) -> None:
        self._deliveries = deliveries
        self._config = config
        self._tls = tls
        self._clock = clock
        self._timing = timing or Timing()
        is_common_name = config.tls.sae_identity == "common-name"
        self._rule = IdentityRule(
            prefix="urn:sae:", common_name=is_common_name, others=KME_RULE.prefix
        )
        self._provenance = "SIMULATED" if config.is_simulated else "QKD"
        self._server: StrictServer | None = None
        self._log = LimitedLog(_LOG)
        self.port = config.listening.sae_port
        requests = Counter(
            "interlace_kms_requests_total",
            "Requests of SAEs, by method and status.",
            ["method", "status"],
            registry=registry,
        )
        self._keys = Counter(
            "interlace_kms_delivered_keys_total",
            "Keys delivered to SAEs, by role.",
            ["role"],
            registry=registry,
        )
        self._requests = requests
        self._to_masters = self._keys.labels("master")
        self._to_slaves = self._keys.labels("slave")

    async def start(self, background: object) -> None:  # noqa: ARG002 - the port's
        """Listen.

        Raises:
            ServiceError: the port is in use.
            SpecError: the address is none of this machine, or the port is not for everybody.
        """
        self._server = StrictServer(
            self.handle, _failure, most_bytes=MOST_BYTES, timing=self._timing
        )
        self.port = await self._server.listen(
            self._config.listening.host, self.port, self._tls.context
        )

    async def stop(self) -> None:
        """Take nothing new, finish what is under way."""
        if self._server is not None:
            await self._server.close()
        self._log.close()
        self._deliveries.close()

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Answer a request; whatever happens, the answer is the standard's."""
        request_id = new_request_id()
        name = request.raw_path.partition("?")[0].rpartition("/")[2]
        name = name if name in self.ROUTES else "none"
        try:
            caller = self._caller(request)
            method, other = asked_method(request, _VERBS)
            answer = self.ROUTES[method].answer
            body = await answer(self, request, caller, other, request_id)
            response = json_response(200, body)
        except (WireError, RefusedError) as error:
            response = self._refused(error, request, request_id, method=name)
        except web.HTTPRequestEntityTooLarge:
            response = _too_large()
        except TimeoutError:
            response = json_response(408, error_body("the body did not come in time"))
            response.force_close()
        except (asyncio.CancelledError, ConnectionError):
            raise
        except Exception as error:  # noqa: BLE001 - the standard has 503 for it
            with request_scope(request_id):
                log_crash("request crashed", error, method=name)
            response = json_response(503, error_body("the request could not be carried out"))
        self._requests.labels(name, str(response.status)).inc()
        return response

    def _refused(
        self,
        error: WireError | RefusedError,
        request: web.BaseRequest,
        request_id: str,
        *,
        method: str,
    ) -> web.Response:
        if isinstance(error, WireError):
            status, message, details = error.status, error.message, error.details
        else:
            status, message = REFUSALS[error.code]
            details = ()
        if status == 401 or status >= 500:
            like, told = (status, getattr(error, "code", None), method), str(error)
            with request_scope(request_id):
                log_refusal(
                    self._log, "request refused", request.protocol, like=like, level=logging.INFO,
                    status=status, reason=told, method=method,
                )  # fmt: skip
        response = json_response(status, error_body(message, details))
        if isinstance(error, WireError) and error.verbs:
            response.headers["Allow"] = ", ".join(error.verbs)
        if status in {413, 415, 417}:
            response.force_close()
        return response

    def _caller(self, request: web.BaseRequest) -> SaeId:
        connection = request.protocol
        identity = getattr(connection, "identity", None)
        if not isinstance(identity, PeerIdentity):
            identity = self._identity(request)
            if isinstance(connection, Connection):
                connection.identity = identity
        if self._clock.now_us() >= identity.expires_us:
            raise WireError(401, "the certificate has expired")
        self._deliveries.demand_served(identity.name)
        return identity.name

    def _identity(self, request: web.BaseRequest) -> PeerIdentity:
        transport = request.transport
        tls = None if transport is None else transport.get_extra_info("ssl_object")
        if not isinstance(tls, ssl.SSLObject):
            raise WireError(401, "a client certificate is needed")
        certificate = tls.getpeercert(binary_form=True)
        if not certificate:
            raise WireError(401, "a client certificate is needed")
        try:
            return peer_identity(certificate, self._rule)
        except ProtocolError as error:
            raise WireError(401, str(error)) from None

    async def _status(
        self, request: web.BaseRequest, caller: SaeId, other: SaeId, request_id: str
    ) -> bytes:
        del request, request_id
        pair = _pair(caller, other)
        limits = self._config.limits
        count = await self._deliveries.stock(pair)
        return status_body(
            Status(
                source_KME_ID=self._config.name,
                target_KME_ID=self._deliveries.home_of(other),
                master_SAE_ID=caller,
                slave_SAE_ID=other,
                key_size=limits.size_bits,
                stored_key_count=count,
                max_key_count=max(count, _most_keys(self._config)),
                max_key_per_request=limits.max_per_request,
                max_key_size=limits.max_size_bits,
                min_key_size=limits.min_size_bits,
                max_SAE_ID_count=0,
                status_extension=StatusExtension(interlace_provenance=self._provenance),
            )
        )

    async def _enc_keys(
        self, request: web.BaseRequest, caller: SaeId, other: SaeId, request_id: str
    ) -> bytes:
        pair = _pair(caller, other)
        body = await asked_body(request)
        asked = read_key_request(
            body, asked_query(request), self._config.limits, provenance=self._provenance
        )
        keys = await self._deliveries.next_keys(
            pair, count=asked.count, size_bits=asked.size_bits, request=request_id
        )
        self._to_masters.inc(len(keys))
        return self._container(keys)

    async def _dec_keys(
        self, request: web.BaseRequest, caller: SaeId, other: SaeId, request_id: str
    ) -> bytes:
        pair = _pair(other, caller)
        body = await asked_body(request)
        ids = read_key_ids(body, asked_query(request), self._config.limits)
        keys = await self._deliveries.keys_by_id(pair, ids, request=request_id)
        self._to_slaves.inc(len(keys))
        return self._container(keys)

    def _container(self, keys: Sequence[DeliveredKey]) -> bytes:
        try:
            return container_body(keys, provenance=self._provenance)
        finally:
            for key in keys:
                key.material.wipe()

    ROUTES: Mapping[str, _Route] = MappingProxyType({
        "status": _Route(name="status", verbs=("GET",), answer=_status),
        "enc_keys": _Route(name="enc_keys", verbs=("GET", "POST"), answer=_enc_keys),
        "dec_keys": _Route(name="dec_keys", verbs=("GET", "POST"), answer=_dec_keys),
    })  # fmt: skip


_VERBS = {name: route.verbs for name, route in Etsi014Api.ROUTES.items()}


def _failure(status: int, words: str) -> web.Response:
    return json_response(status, error_body(words))


def _too_large() -> web.Response:
    response = json_response(413, error_body(TOO_LARGE))
    response.force_close()
    return response


def _most_keys(config: EntityConfig) -> int:
    """Keys of the usual size that refilling ever leaves in a pair's pool (clause 6.1)."""
    parts = parts_needed(config.limits.size_bits, POOL_BITS)
    return min(config.stock.target // parts, config.limits.max_stored)


def _pair(master: SaeId, slave: SaeId) -> Pair:
    if master == slave:
        raise WireError(400, "master and slave are the same SAE")
    return Pair(master=master, slave=slave)
