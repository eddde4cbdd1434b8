"""Files are whole or not there; what is no file is written straight."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from interlace.errors import SpecError
from interlace.output import check_writable, descriptor_of, write_whole

WRITE = (
    "import sys; from interlace.output import write_whole; "
    "print('before'); write_whole(sys.argv[1], b'document\\n'); print('after')"
)


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", "-c", line.replace("WRITE", f'"{sys.executable}" -c "$CODE"')],
        env={**os.environ, "CODE": WRITE},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "line",
    [
        "WRITE /dev/stdout > out.txt",
        "WRITE /dev/stdout | cat > out.txt",
        "WRITE /proc/self/fd/1 > out.txt",
        "WRITE /dev/fd/1 > out.txt",
        "WRITE /dev/fd/3 3>&1 > out.txt; true",
    ],
)
def test_an_open_descriptor_is_written_where_it_stands(tmp_path: Path, line: str) -> None:
    done = shell(line, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    written = (tmp_path / "out.txt").read_text()
    if "fd/3" in line:
        assert (done.stdout, written) == ("document\n", "before\nafter\n")
    else:
        assert written == "before\ndocument\nafter\n"
    assert os.listdir(tmp_path) == ["out.txt"]


def test_what_stood_in_a_file_before_stays_when_the_shell_appends(tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_text("old\n")
    shell("WRITE /dev/stdout >> out.txt", tmp_path)
    assert (tmp_path / "out.txt").read_text() == "old\nbefore\ndocument\nafter\n"


def test_a_descriptor_that_is_not_open_is_a_spec_error() -> None:
    with pytest.raises(SpecError, match="/dev/fd/987: cannot be written"):
        write_whole("/dev/fd/987", b"x")


def test_the_null_device_takes_everything() -> None:
    check_writable(os.devnull)
    write_whole(os.devnull, b"x")
    assert not os.path.isfile(os.devnull)


def test_a_pipe_is_written_straight(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    done = shell("cat pipe > got.txt & WRITE pipe; wait", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "got.txt").read_text() == "document\n"


def test_a_link_to_a_file_on_another_disk_is_followed(tmp_path: Path) -> None:
    other = Path("/dev/shm")
    if not os.access(other, os.W_OK) or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no other disk to write to")
    target = other / f"interlace-test-{os.getpid()}"
    target.write_text("old")
    try:
        (tmp_path / "out.txt").symlink_to(target)
        write_whole(str(tmp_path / "out.txt"), b"new")
        assert target.read_text() == "new"
        assert (tmp_path / "out.txt").is_symlink()
    finally:
        target.unlink()


def test_an_empty_path_is_said_to_be_empty() -> None:
    with pytest.raises(SpecError, match="is empty"):
        check_writable("")


@pytest.mark.parametrize(
    ("path", "descriptor"),
    [
        ("/dev/stdout", 1), ("/dev/stderr", 2), ("/dev//fd/7", 7), ("/proc/self/fd/0", 0),
        ("stdout", None), ("/dev/null", None), ("/dev/fd", None), ("/dev/fd/x", None),
    ],
)  # fmt: skip
def test_the_names_of_descriptors_are_known(path: str, descriptor: int | None) -> None:
    assert descriptor_of(path) == descriptor
