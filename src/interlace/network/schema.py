"""The JSON Schema of a network file, for editors."""

from __future__ import annotations

from typing import Any

import msgspec

from interlace.network.spec import NetworkSpec

__all__ = ["json_schema"]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the network file, made from `NetworkSpec`.

    Guarantees: every object refuses unknown keys or is keyed by names; nothing to fetch.

    Example:
        >>> sorted(json_schema()["$defs"]["SiteSpec"]["properties"])
        ['country', 'lat', 'lon']
    """
    schema = msgspec.json.schema(NetworkSpec)
    return {
        "$schema": _DRAFT,
        "title": "interlace network",
        **schema,
    }
