"""The OpenAPI document of the SAEs' side, as it comes with the package."""

from __future__ import annotations

from importlib import resources

__all__ = ["openapi_document"]


def openapi_document() -> bytes:
    r"""ETSI GS QKD 014 as this program answers it: OpenAPI 3.1 in JSON.

    Example:
        >>> openapi_document()[:22]
        b'{\n  "openapi": "3.1.0"'
    """
    place = resources.files("interlace.services.kms.wire").joinpath("data/etsi014-openapi.json")
    return place.read_bytes()
