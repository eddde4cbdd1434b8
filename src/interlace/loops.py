"""Loops over arrays as machine code, kept on disk for as long as their sources say the same.

numba keeps what it compiled beside the file that a loop stands in, and looks at that file only. A
loop's machine code also holds, copied in, every loop that it calls and every constant that it
uses, wherever they stand. So what is kept lies in a folder for each module with loops, named by
the module and by a hash of its source and of the sources of the package's modules that it imports
from, and those import from: where one of them changes, the name does, and nothing old is found.

    src/interlace/__pycache__/loops/interlace.compiler.emission-3f2a.../...

Where the package's own folder cannot be written, the folders lie in the user's cache; where the
user told numba of a folder (`NUMBA_CACHE_DIR`), in that one; where none can be written, loops are
compiled in every process anew. Reading and hashing take some milliseconds, once a process.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

__all__ = ["machine_code"]

P = ParamSpec("P")
R = TypeVar("R")

_HOME = os.path.dirname(os.path.abspath(__file__))
_PACKAGE = __name__.partition(".")[0]
_IMPORT = re.compile(
    rf"^from ({_PACKAGE}(?:\.\w+)*) import (\([^)]*\)|[^\n]*)".encode(), re.MULTILINE
)
_NAME = re.compile(rb"(\w+)(?: as \w+)?")
_COMMENT = re.compile(rb"#[^\n]*")
_LOCK = threading.Lock()
"""numba takes the folder from a setting of the whole process."""


def machine_code(function: Callable[P, R], *, counts_references: bool) -> Callable[P, R]:
    """The function compiled at its first call, and kept on disk for the next process.

    Args:
        function: over numbers and arrays.
        counts_references: to the arrays that it is given; without, it can make none.
    """
    import numba

    library: Any = numba  # its types know neither the setting nor the option
    njit, settings = library.njit, library.config
    options = {} if counts_references else {"_nrt": False}
    with _LOCK:
        asked = settings.CACHE_DIR
        folder = _folder(function.__module__, function.__code__.co_filename, asked)
        if folder is None:
            return njit(**options)(function)
        settings.CACHE_DIR = folder
        try:
            return njit(cache=True, **options)(function)
        finally:
            settings.CACHE_DIR = asked


@functools.cache
def _folder(module: str, file: str, asked: str) -> str | None:
    """Where the loops of a module are kept, with room for them; `None`: nowhere."""
    try:
        name = f"{module}-{_sources_hash(file)}"
    except OSError:  # no sources to look at: an archive, or bytecode alone
        return None
    for place in _places(asked):
        found = os.path.join(place, name)
        is_new = not os.path.isdir(found)
        try:
            os.makedirs(found, exist_ok=True)
        except OSError:
            continue
        if not os.access(found, os.W_OK | os.X_OK):
            continue
        if is_new:
            _drop_stale(place, module, name)
        return found
    return None


def _places(asked: str) -> Iterator[str]:
    """Folders to keep loops in, the best one first; shared ones by the package's own place."""
    own = f"{_PACKAGE}-{hashlib.sha256(_HOME.encode()).hexdigest()[:12]}"
    if asked:
        yield os.path.join(asked, own)
        return
    yield os.path.join(_HOME, "__pycache__", "loops")
    cache = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(cache):
        cache = os.path.join(os.path.expanduser("~"), ".cache")
    if os.path.isabs(cache):
        yield os.path.join(cache, _PACKAGE, own)


def _drop_stale(place: str, module: str, name: str) -> None:
    """Remove what earlier sources of the module left.

    A process that still runs them makes its folder anew.
    """
    for other in os.listdir(place):
        if other.startswith(f"{module}-") and other != name:
            shutil.rmtree(os.path.join(place, other), ignore_errors=True)


def _sources_hash(file: str) -> str:
    """Of the file and of all the package's files that it imports from, however indirectly."""
    digest = hashlib.sha256()
    todo, seen = [file], {file}
    while todo:
        path = todo.pop()
        digest.update(hashlib.sha256(_source(path)).digest())
        new = [p for p in _imported(path) if p not in seen]
        seen.update(new)
        todo += new
    return digest.hexdigest()[:16]


@functools.cache
def _source(path: str) -> bytes:
    return Path(path).read_bytes()


@functools.cache
def _imported(path: str) -> tuple[str, ...]:
    """The package's files where the names stand that a file imports, each once, in order."""
    found: dict[str, None] = {}
    for module, name in _names(path):
        target = _where(module, name)
        if target is not None:
            found[target] = None
    return tuple(found)


@functools.cache
def _names(path: str) -> tuple[tuple[str, str], ...]:
    """Module and name of every import from the package that stands at the start of a line."""
    return tuple(
        (module.decode(), name.decode())
        for module, names in _IMPORT.findall(_COMMENT.sub(b"", _source(path)))
        for name in _NAME.findall(names)
    )


@functools.cache
def _where(module: str, name: str) -> str | None:
    """The file that defines a name of a module; through a front door, the one behind it."""
    inner = _file(f"{module}.{name}")
    if inner is not None:
        return inner
    path = _file(module)
    if path is None or os.path.basename(path) != "__init__.py":
        return path
    for behind, exported in _names(path):
        if exported == name:
            return _where(behind, name)
    return path


@functools.cache
def _file(module: str) -> str | None:
    """The file of a module of the package."""
    stem = os.path.join(_HOME, *module.split(".")[1:])
    for path in (f"{stem}.py", os.path.join(stem, "__init__.py")):
        if os.path.isfile(path):
            return path
    return None
