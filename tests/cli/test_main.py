"""What becomes of an error, of Ctrl-C and of a closed pipe: one line and an exit code."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

import interlace
from interlace.cli import entry
from interlace.errors import DomainError, InfeasibleError, InvariantError, ProtocolError, SpecError
from interlace.platform import ServiceError, StoreFailedError, StoreUnavailableError


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch):
    """A command line whose one subcommand raises what the test says."""

    def arrange(error: BaseException) -> None:
        @click.command()
        def boom() -> None:
            raise error

        monkeypatch.setattr(entry._LazyGroup, "get_command", lambda *_: boom)

    return arrange


ERRORS = [
    (SpecError("must be positive", value=-1, file="net.yaml", line=3), 2),
    (DomainError("holds below 1"), 2),
    (InfeasibleError("no room"), 2),
    (ProtocolError("lost"), 1),
    (ServiceError("the port is in use"), 1),
    (StoreUnavailableError("out of reach"), 1),
    (StoreFailedError("the disk is full"), 1),
    (InvariantError("row 3"), 1),
    (RuntimeError("unforeseen\nover two lines"), 1),
    (MemoryError(), 1),
    (click.UsageError("no such thing"), 2),
]


@pytest.mark.parametrize(("error", "code"), ERRORS, ids=lambda value: type(value).__name__)
def test_an_error_is_one_line_on_stderr_and_an_exit_code(failing, capfd, error, code) -> None:
    failing(error)
    assert entry.run_command(["boom"]) == code
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("interlace: error: ")
    assert len(err.splitlines()) == (2 if isinstance(error, click.UsageError) else 1)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, 1),
        (errno.EDQUOT, 1),
        (errno.EIO, 1),
        (errno.EROFS, 1),
        (errno.EACCES, 2),
        (errno.ENOENT, 2),
    ],
)
def test_a_full_or_broken_disk_is_a_failure_and_a_wrong_path_bad_input(
    failing, capfd, number, code
) -> None:
    error = SpecError("cannot be written", file="out.json")
    error.__cause__ = OSError(number, os.strerror(number))
    failing(error)
    assert entry.run_command(["boom"]) == code
    assert capfd.readouterr().err == "interlace: error: out.json: cannot be written\n"


def test_a_full_stdout_is_a_failure(failing, capfd) -> None:
    failing(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert entry.run_command(["boom"]) == 1
    assert "stdout cannot be written: No space left" in capfd.readouterr().err


def test_a_bug_asks_to_be_reported(failing, capfd) -> None:
    failing(InvariantError("row 3"))
    entry.run_command(["boom"])
    assert "please report" in capfd.readouterr().err


def test_a_bad_value_is_named_with_file_line_and_rule(failing, capfd) -> None:
    failing(SpecError("must be positive", value=-1, file="net.yaml", line=3, path="links.a--b"))
    entry.run_command(["boom"])
    assert (
        capfd.readouterr().err
        == "interlace: error: net.yaml:3: links.a--b: must be positive (got -1)\n"
    )


def test_a_traceback_is_shown_only_to_whoever_asks_for_it(failing, capfd, monkeypatch) -> None:
    failing(RuntimeError("unforeseen"))
    entry.run_command(["boom"])
    assert "Traceback" not in capfd.readouterr().err
    monkeypatch.setenv("INTERLACE_DEBUG", "1")
    entry.run_command(["boom"])
    assert "Traceback" in capfd.readouterr().err


def test_ctrl_c_in_a_command_is_one_line_and_130(failing, capfd) -> None:
    failing(KeyboardInterrupt())
    assert entry.run_command(["boom"]) == 130
    assert capfd.readouterr().err.strip() == "interlace: interrupted"


def test_ctrl_c_during_imports_is_one_line_and_130() -> None:
    program = (
        "import sys, builtins\n"
        "import interlace.cli\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'interlace.cli.entry': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        "sys.exit(interlace.cli.main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (130, "interlace: interrupted")


@pytest.mark.parametrize("module", ["interlace.cli.entry", "interlace.cli.catalogue"])
@pytest.mark.parametrize("error", ["ImportError('core')", "SystemError('no result')"])
def test_ctrl_c_that_a_library_turns_into_its_own_error_is_one_line_and_130(module, error) -> None:
    program = (
        "import os, signal, sys\n"
        "import interlace.cli\n"
        "class Half:\n"
        "    def __del__(self): raise AttributeError('half made')\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, *rest):\n"
        f"        if name == '{module}':\n"
        "            half = Half()\n"
        "            try: os.kill(os.getpid(), signal.SIGINT)\n"
        f"            except KeyboardInterrupt: raise {error} from None\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        "sys.argv = ['interlace', 'catalogue']\n"
        "sys.exit(interlace.cli.main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (130, "interlace: interrupted")


def test_an_import_that_fails_by_itself_is_not_taken_for_ctrl_c() -> None:
    program = (
        "import sys\n"
        "import interlace.cli\n"
        "sys.modules['interlace.cli.catalogue'] = None\n"
        "sys.argv = ['interlace', 'catalogue']\n"
        "sys.exit(interlace.cli.main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "unexpected ModuleNotFoundError" in done.stderr


def test_ctrl_c_while_a_module_is_half_imported_is_one_line_and_130() -> None:
    program = (
        "import os, signal, sys, types\n"
        "import interlace.cli\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'interlace.cli.entry':\n"
        "            sys.modules['threading'] = types.ModuleType('threading')\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        "code = interlace.cli.main()\n"
        "del sys.modules['threading']\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (130, "interlace: interrupted")


@pytest.mark.parametrize(
    "register", ["atexit.register", "threading._register_atexit"], ids=("at exit", "threads")
)
def test_ctrl_c_after_the_last_word_is_too_late_to_say_anything(register) -> None:
    program = (
        "import atexit, os, signal, sys, threading\n"
        "import interlace.cli\n"
        f"{register}(lambda: os.kill(os.getpid(), signal.SIGINT))\n"
        "sys.argv = ['interlace', '--version']\n"
        "sys.exit(interlace.cli.main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"interlace, version {interlace.__version__}\n"


@pytest.mark.parametrize("delay_s", [0.1, 0.5, 1.0, 2.0])
@pytest.mark.slow
def test_ctrl_c_at_any_moment_of_a_run_leaves_no_traceback_and_no_file(
    checkout, tmp_path, delay_s
) -> None:
    examples = checkout / "examples"
    run = subprocess.Popen(
        [
            sys.executable, "-m", "interlace", "run", str(examples / "ghz.qasm"),
            "--network", str(examples / "three-cities.yaml"), "--shots", "50000000",
            "--html", str(tmp_path / "report.html"),
        ],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )  # fmt: skip
    with pytest.raises(subprocess.TimeoutExpired):
        run.wait(delay_s)
    os.killpg(run.pid, signal.SIGINT)
    _, err = run.communicate(timeout=30)
    # Before the first line of interlace runs, Ctrl-C is Python's own, with its traceback; on a
    # busy machine that can be a while.
    if run.returncode != -signal.SIGINT:
        assert (run.returncode, err.strip().splitlines()[-1:]) == (130, ["interlace: interrupted"])
        assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_closed_pipe_is_no_error_message(command, checkout) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m interlace network schema | head -c 1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""


def test_help_lists_every_subcommand(command) -> None:
    done = command("--help")
    assert done.returncode == 0
    for name in ("run", "distribute", "network"):
        assert f"\n  {name} " in done.stdout


def test_no_arguments_is_the_help_on_stderr(command) -> None:
    done = command()
    assert (done.returncode, done.stdout) == (2, "")
    assert "-m interlace [OPTIONS] COMMAND" in " ".join(done.stderr.split())


def test_the_version_is_the_packages(command) -> None:
    assert command("--version").stdout == f"interlace, version {interlace.__version__}\n"


def test_the_version_is_the_same_everywhere(checkout) -> None:
    written = (checkout / "pyproject.toml").read_text()
    assert f'\nversion = "{interlace.__version__}"\n' in written


def test_an_unknown_subcommand_is_named(command) -> None:
    done = command("rnu")
    assert done.returncode == 2
    assert "'rnu'" in done.stderr


def test_the_installed_script_is_the_same_command() -> None:
    script = os.path.join(os.path.dirname(sys.executable), "interlace")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("interlace, version")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["network", "schema"], 0, ""),
        (["network", "new", "line", "2", "--device", "ideal:4"], 2, "Missing option"),
        (["network", "check", "nope.yaml"], 2, "nope.yaml"),
        (["network", "show", "examples/three-cities.yaml", "--json", "-"], 2, "stdout, which is"),
    ],
)
def test_a_closed_stdout_is_no_accident(arguments: list[str], code: int, words: str) -> None:
    shell = ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "interlace", *arguments]
    done = subprocess.run(shell, check=False, stderr=subprocess.PIPE, text=True)
    assert done.returncode == code
    assert words in done.stderr
    assert "unexpected" not in done.stderr


def test_a_run_whose_stdout_is_closed_writes_its_file(tmp_path: Path) -> None:
    found = tmp_path / "run.json"
    asked = ["run", "examples/ghz.qasm", "--network", "examples/three-cities.yaml", "--shots", "8"]
    shell = ["sh", "-c", 'exec "$@" >&- 2>&-', "sh", sys.executable, "-m", "interlace", *asked]
    assert subprocess.run([*shell, "--json", str(found)], check=False).returncode == 0
    assert json.loads(found.read_text())["shots"] == 8
