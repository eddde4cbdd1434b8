"""TLS handshakes that failed: a line in the log and a figure, by reason.

asyncio drops a connection whose handshake failed and says nothing of it: no alert to the client, no
event to the service. The one place that sees the reason is the handshake itself, before there is a
connection, so the client's address is not known here.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter

from interlace.platform.repeats import LimitedLog

__all__ = ["FailedHandshakes"]

_VERIFY: Mapping[int, str] = {  # X509_V_ERR_... of OpenSSL
    2: "unknown-authority",  # one of ours, but not the one above it
    9: "not-yet-valid",
    10: "expired",
    18: "unknown-authority",
    19: "unknown-authority",
    20: "unknown-authority",
    21: "unknown-authority",
    7: "unknown-authority",  # the name of our authority, another's signature
}
_REASONS: Mapping[str, str] = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "no-certificate",
    "UNSUPPORTED_PROTOCOL": "protocol-version",
    "NO_PROTOCOLS_AVAILABLE": "protocol-version",
    "UNKNOWN_PROTOCOL": "protocol-version",
    "VERSION_TOO_LOW": "protocol-version",
    "NO_SHARED_CIPHER": "no-shared-cipher",
    "HTTP_REQUEST": "not-tls",
    "HTTPS_PROXY_REQUEST": "not-tls",
    "WRONG_VERSION_NUMBER": "not-tls",
    "PACKET_LENGTH_TOO_LONG": "not-tls",
}
_WAITS = (ssl.SSLWantReadError, ssl.SSLWantWriteError)


class FailedHandshakes:
    """Counts and logs the handshakes that servers of a process refuse.

    Args:
        registry: of the process's figures.
        logger: whose lines they are.
    """

    def __init__(self, registry: CollectorRegistry, logger: logging.Logger) -> None:
        self._log = LimitedLog(logger)
        self._count = Counter(
            "interlace_tls_handshakes_failed_total",
            "TLS handshakes that failed, by who is answered and reason.",
            ["callers", "reason"],
            registry=registry,
        )

    def watch(self, context: ssl.SSLContext, callers: str) -> None:
        """Look at each handshake of a server.

        Args:
            context: that the server listens with.
            callers: whom it answers: `saes`.
        """
        failed = self._failed

        class Watched(ssl.SSLObject):
            def do_handshake(self) -> None:
                try:
                    super().do_handshake()
                except _WAITS:
                    raise
                except ssl.SSLError as error:
                    failed(error, callers)
                    raise

        context.sslobject_class = Watched

    def close(self) -> None:
        """Tell what was counted and not told yet."""
        self._log.close()

    def _failed(self, error: ssl.SSLError, callers: str) -> None:
        reason = _reason(error)
        self._count.labels(callers, reason).inc()
        self._log.tell(
            "TLS handshake failed",
            cause=(callers, reason),
            callers=callers,
            reason=reason,
            detail=_detail(error),
        )


def _reason(error: ssl.SSLError) -> str:
    """Why, in a word that stays the same: a label of the figure."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _VERIFY.get(error.verify_code, "bad-certificate")
    found = error.reason or ""
    if "ALERT" in found:
        return "refused-by-client"
    return _REASONS.get(found, "other")


def _detail(error: ssl.SSLError) -> str:
    """OpenSSL's words, which quote nothing of the certificate."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return (error.reason or type(error).__name__).lower().replace("_", " ")
