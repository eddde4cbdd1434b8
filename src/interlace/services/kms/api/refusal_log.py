"""What was refused, in the log: to whom, from which address, and at most a line a minute each."""

from __future__ import annotations

import logging
from collections.abc import Hashable

from interlace.platform import Field, LimitedLog, PeerIdentity

__all__ = ["log_refusal"]


def log_refusal(
    log: LimitedLog,
    event: str,
    connection: object,
    *,
    like: tuple[Hashable, ...],
    level: int = logging.WARNING,
    **fields: Field,
) -> None:
    """Log a refusal with `caller`, the ID in the certificate if one is known, and `peer`.

    Args:
        log: where to.
        event: what happened.
        connection: over which it was asked, with its `identity` and `transport`.
        like: what makes it the same as another of the same caller and address.
        level: of the standard library.
        fields: what else to tell.
    """
    identity = getattr(connection, "identity", None)
    caller = identity.name if isinstance(identity, PeerIdentity) else None
    transport = getattr(connection, "transport", None)
    found = None if transport is None else transport.get_extra_info("peername")
    host, port = found[:2] if found else ("unknown", 0)
    peer = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    log.tell(event, cause=(like, caller, host), level=level, caller=caller, peer=peer, **fields)
