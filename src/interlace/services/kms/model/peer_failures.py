"""What can go wrong between entities, each with a code that is sent over the wire."""

from __future__ import annotations

from interlace.errors import InterlaceError
from interlace.services.kms.model.keys import KmeId

__all__ = [
    "PeerError",
    "PeerUnreachableError",
    "RefusedError",
    "RolledBackError",
    "StaleEpochError",
]


_MOST_AHEAD = 10 * 365 * 86_400
"""Seconds that an epoch, which is a date, may lie ahead of the clock; more is a peer's mistake or
malice, and would use the numbers up."""


class PeerError(InterlaceError):
    """Another entity brought no answer that can be used."""


class PeerUnreachableError(PeerError):
    """It did not answer: the request arrived, or not."""


class RefusedError(PeerError):
    """It answered that it will not.

    Args:
        message: why.
        code: `not-your-link`, `bad-message`, ...: stays the same.
    """

    def __init__(self, message: str, *, code: str) -> None:
        self.code = code
        super().__init__(message)


class StaleEpochError(PeerError):
    """The request was made in a belief about epochs that does not hold; nothing was done.

    Args:
        epoch: of the one who refuses.
        peer_epoch: of the one who asked, as the one who refuses knows it.
    """

    def __init__(self, epoch: int, peer_epoch: int) -> None:
        self.epoch = epoch
        self.peer_epoch = peer_epoch
        super().__init__(f"the epochs are {epoch} here and {peer_epoch} there: ask again")


class RolledBackError(InterlaceError):
    """This entity's store and its epoch file are older than what others have seen of it.

    Args:
        peer: who has seen more.
        entity: which this is.
        known: this entity's epoch, as the peer knows it.
        epoch: this entity's epoch, as it believes.
        second: this entity's clock, seconds since 1970-01-01T00:00:00Z.
        epoch_file: where it is kept; whoever runs the entity writes `known` there if `is_believed`,
            so the next start raises the epoch above it.
    """

    def __init__(
        self, peer: KmeId, *, entity: KmeId, known: int, epoch: int, second: int, epoch_file: str
    ) -> None:
        self.known = known
        self.is_believed = known - max(epoch, second) <= _MOST_AHEAD
        cause = f"{peer} knows epoch {known} of {entity}, whose store is of epoch {epoch}: "
        cure = (
            "the store was put back, or made anew, without a new epoch; start it again: "
            f"{epoch_file} has epoch {known} now, so the start raises it above that, and keys of "
            "older epochs are void"
        )
        doubt = f"no epoch begins so many years ahead; look at {peer}, its store and who runs it"
        super().__init__(cause + (cure if self.is_believed else doubt))
