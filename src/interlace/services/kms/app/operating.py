"""`interlace kms link`: a link is taken out of use, or put back, at its ends that are here."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from interlace.descriptions import did_you_mean
from interlace.errors import SpecError
from interlace.platform import TlsFiles
from interlace.services.kms.adapters.peer_client import operate_link, operator_context
from interlace.services.kms.app.reading import load_entities
from interlace.services.kms.model import EntityConfig
from interlace.services.kms.model.peer_failures import PeerUnreachableError

__all__ = ["LinkAct", "LinkOutcome", "operate"]

LinkAct = Literal["take-out", "put-back"]
_EVERY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what is listened on, as one is called


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOutcome:
    """What became of an operator's wish.

    Attributes:
        done: entities that have done it.
        failed: why others have not, by name.
    """

    done: tuple[str, ...]
    failed: Mapping[str, str]


def operate(folder: str, link: str, act: LinkAct) -> LinkOutcome:
    """Take a link out of use, or put it back, at those of its ends whose folders are here.

    One end is enough to take a link out: the other learns of it. To put it back, each end that
    took it out must be asked.

    Args:
        folder: of `interlace kms init`; or of one entity, on a host of its own.
        link: its name, `kme-a--kme-b`.
        act: what to do.

    Raises:
        SpecError: there is no such link, or no entity here is an end of it.
        RefusedError: an entity refuses.
        PeerUnreachableError: no end answers.
    """
    found = load_entities(folder)
    names = sorted({one.name for entity in found for one in entity.links})
    if link not in names:
        turned = "--".join(reversed(link.split("--")))
        hint = f"did you mean {turned!r}?" if turned in names else did_you_mean(link, names)
        raise SpecError(f"is no link of {folder}: {hint}", value=link, path="LINK")
    ends = [one for one in found if one.name in link.split("--")]
    if not ends:
        raise SpecError("neither of its ends is here", value=link, path="LINK")
    outcome = asyncio.run(_at_all(ends, link, act))
    if not outcome.done:
        raise PeerUnreachableError("; ".join(outcome.failed.values()))
    return outcome


async def _at_all(ends: list[EntityConfig], link: str, act: LinkAct) -> LinkOutcome:
    done, failed = list[str](), dict[str, str]()
    for entity in ends:
        files = TlsFiles(
            certificate=entity.tls.certificate, key=entity.tls.key, authority=entity.tls.authority
        )
        try:
            context = operator_context(files, entity.name)
            await operate_link(_address(entity), context, link, act)
        except PeerUnreachableError as error:
            failed[entity.name] = f"{entity.name}: {error}"
        else:
            done.append(entity.name)
    return LinkOutcome(done=tuple(done), failed=failed)


def _address(entity: EntityConfig) -> str:
    """Where an entity of this machine answers entities."""
    host = _EVERY.get(entity.listening.host, entity.listening.host)
    return f"https://{f'[{host}]' if ':' in host else host}:{entity.listening.peer_port}"
