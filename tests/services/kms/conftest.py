"""Certificates and stores that the tests of key management share."""

from __future__ import annotations

import pytest
from tests.platform.conftest import place, postgres_place, sqlite_place
from tests.platform.postgres import postgres
from tests.services.kms.entity import Certificates

__all__ = ["place", "postgres", "postgres_place", "sqlite_place"]


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.new(tmp_path_factory.mktemp("certificates"))
