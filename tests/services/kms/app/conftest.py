"""Directories that `interlace kms init` made."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.services.kms.app.network import NET

from interlace.network import parse_network
from interlace.platform import SystemClock
from interlace.services.kms.app import init_directory


@pytest.fixture(scope="session")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kms") / "pattern"
    init_directory(str(folder), parse_network(NET), SystemClock())
    return folder


@pytest.fixture
def made(pattern: Path, tmp_path: Path) -> Path:
    """A directory of one's own; with the ports of all others."""
    return Path(shutil.copytree(pattern, tmp_path / "net"))
