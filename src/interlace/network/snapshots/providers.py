"""Which providers there are, and a snapshot by its name, `ibm:fez`."""

from __future__ import annotations

import re
import warnings
from functools import cache
from importlib import metadata, util
from types import MappingProxyType, ModuleType

from interlace.descriptions import did_you_mean
from interlace.errors import SpecError
from interlace.network.snapshots import ibm, iqm
from interlace.network.snapshots.mending import mended
from interlace.network.snapshots.raw import Snapshot

__all__ = ["is_snapshot_name", "provider_extras", "snapshot", "snapshot_names"]

_PROVIDERS = MappingProxyType({"ibm": ibm, "iqm": iqm})
_NAME = re.compile(r"([a-z]+):(.*)")


def is_snapshot_name(text: str) -> bool:
    """Whether the text names a snapshot of a known provider, there or not."""
    match = _NAME.fullmatch(text)
    return match is not None and match[1] in _PROVIDERS


def provider_extras() -> tuple[tuple[str, str, bool], ...]:
    """Each provider's prefix, the extra that brings its package, and whether it is there."""
    return tuple((name, p.EXTRA, _is_there(p)) for name, p in _PROVIDERS.items())


def snapshot_names(provider: str) -> tuple[str, ...]:
    """The names of a provider's snapshots, `ibm:fez`; none where its package is missing."""
    found = _PROVIDERS[provider]
    if not _is_there(found):
        return ()
    return tuple(f"{provider}:{name}" for name in sorted(found.names()))


def snapshot(name: str, *, path: str = "") -> Snapshot:
    """A real device from its provider's package.

    Args:
        name: `ibm:fez`, `iqm:garnet`.
        path: where it was written.

    Raises:
        SpecError: no such provider or device, its package is not installed, or no network can use
            the device.
    """
    match = _NAME.fullmatch(name)
    if match is None or match[1] not in _PROVIDERS:
        rule = f"is no snapshot: needs provider:device, providers {', '.join(_PROVIDERS)}"
        raise SpecError(rule, value=name, path=path or None)
    provider = _PROVIDERS[match[1]]
    if not _is_there(provider):
        rule = (
            f"is in the package {provider.PACKAGE}, which is not installed: "
            f"`python -m pip install 'interlace[{provider.EXTRA}]'` brings it"
        )
        raise SpecError(rule, value=name, path=path or None)
    known = snapshot_names(match[1])
    if name not in known:
        rule = f"is no snapshot of {provider.PACKAGE}: {did_you_mean(name, known)}"
        raise SpecError(rule, value=name, path=path or None)
    try:
        return _snapshot(match[1], match[2])
    except SpecError as error:
        raise SpecError(error.rule, value=name, path=path or None) from error


@cache
def _snapshot(prefix: str, name: str) -> Snapshot:
    provider = _PROVIDERS[prefix]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", UserWarning)
        raw, date = provider.raw_device(name)
    device, notes = mended(raw)
    version = metadata.version(provider.PACKAGE)
    own = (iqm.NOTE,) if provider is iqm else ()
    return Snapshot(
        name=f"{prefix}:{name}",
        device=device,
        origin=f"{provider.PACKAGE} {version} ({provider.LICENCE})",
        date=date,
        notes=(*own, *_warned(said), *notes),
    )


def _warned(said: list[warnings.WarningMessage]) -> tuple[str, ...]:
    """What the package itself has to say of its figures."""
    texts = [" ".join(str(one.message).split()) for one in said if one.category is UserWarning]
    return tuple(f"the package says: {text}" for text in dict.fromkeys(texts))


def _is_there(provider: ModuleType) -> bool:
    package = provider.MODULE.partition(".")[0]
    try:
        return util.find_spec(package) is not None and util.find_spec(provider.MODULE) is not None
    except (ImportError, ValueError):
        return False
