"""`interlace kms up`: a network that serves keys, in one process or several, until Ctrl-C."""

from __future__ import annotations

import base64
import contextlib
import errno
import json
import os
import re
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from tests.services.kms.app.network import COMMAND, Running, asked, kms, running


def listening(status: dict) -> list[int]:
    urls = [one[key] for one in status["entities"] for key in ("url", "operations_url")]
    ports = [int(url.rpartition(":")[2]) for url in urls]
    return [port for port in ports if answers(port)]


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def key_at_both_ends(status: dict) -> list[str]:
    """Fetch keys, and find each at most once; what was fetched."""
    code, made = asked(status, "sae-a", "sae-b/enc_keys")
    assert code == 200, made
    (key,) = made["keys"]
    path = f"sae-a/dec_keys?key_ID={key['key_ID']}"
    code, fetched = asked(status, "sae-b", path)
    assert (code, fetched["keys"][0]["key"]) == (200, key["key"])
    assert asked(status, "sae-b", path)[0] == 400  # once is all
    assert asked(status, "sae-c", path)[0] in {400, 401}
    code, longer = asked(status, "sae-a", "sae-c/enc_keys?size=1024&number=2")
    assert (code, [len(one["key"]) for one in longer["keys"]]) == (200, [172, 172])
    return [one["key"] for one in (*made["keys"], *longer["keys"])]


def figures(status: dict, entity: str, path: str) -> tuple[int, bytes]:
    one = next(one for one in status["entities"] if one["id"] == entity)
    try:
        with urllib.request.urlopen(one["operations_url"] + path) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_keys_are_at_both_ends_of_a_chain_and_nothing_is_left_after_ctrl_c(made: Path) -> None:
    with running(made) as up:
        status = up.ready()
        keys = key_at_both_ends(status)
        assert {link["state"] for link in status["links"]} <= {"READY", "CHARGING", "WARNING"}
        assert figures(status, "kme-a", "/healthz") == (200, b'{"phase":"running"}')
        assert figures(status, "kme-a", "/readyz")[0] == 200
        assert figures(status, "relay", "/readyz")[0] == 200
        shown = figures(status, "kme-a", "/metrics")[1].decode()
        assert 'interlace_kms_stored_keys{master="sae-a",slave="sae-b"}' in shown
        assert 'interlace_kms_link_blocks{link="kme-a--relay",state="' in shown
        told = json.loads(figures(status, "kme-a", "/status")[1])
        assert (told["entity"], told["simulated"]) == ("kme-a", True)
        assert time.time() - 120 < told["epoch"] <= time.time()
        assert len(told["pools"]) == 2
        described = json.loads(figures(status, "kme-a", "/openapi.json")[1])
        assert described["openapi"].startswith("3.")
        open_texts = [shown, json.dumps(told), json.dumps(up.status())]
        limits = Path(f"/proc/{up.process.pid}/limits").read_text()
        assert re.search(r"Max core file size\s+0\s+0", limits)
        taken = kms("link", str(made), "kme-a--relay", "take-out")
        assert taken.stderr == "kme-a--relay: taken out at kme-a and relay\n"
        assert taken.returncode == 0
        states = {link["id"]: link["state"] for link in up.status()["links"]}
        assert states["kme-a--relay"] == "DOWN"
        assert kms("link", str(made / "entities" / "relay"), "kme-a--relay", "put-back").stderr == (
            "kme-a--relay: put back at relay\n"
        )
        assert kms("link", str(made), "kme-a--relay", "put-back").returncode == 0
        again = kms("up", str(made))
        assert again.returncode == 1
        assert "is in use by another process: end it first" in again.stderr
        said = up.end()
        assert up.process.returncode == 0, said
    assert "SIMULATED" in said
    assert said.rstrip().endswith("stopped")
    curl = re.search(r"curl --cacert (\S+) \\\n\s+--cert (\S+) --key (\S+) \\\n\s+(\S+)", said)
    assert curl is not None
    assert all(Path(curl[i]).is_file() for i in (1, 2, 3))
    assert curl[4] == f"{status['saes'][0]['url']}/api/v1/keys/sae-c/enc_keys"
    assert listening(status) == []
    log = (made / "log").read_text()
    assert [json.loads(line)["event"] for line in log.splitlines()][-1] == "service stopped"
    secrets = [path.read_text().strip() for path in made.glob("entities/*/kek")]
    for secret in (*secrets, *keys):
        assert all(secret not in text for text in (log, said, *open_texts))
    for key in keys:
        raw = base64.b64decode(key)
        assert all(raw not in p.read_bytes() for p in made.rglob("*") if p.is_file())


def test_each_entity_may_be_a_process_of_its_own_which_comes_back(made: Path) -> None:
    with running(made, "--isolate") as up:
        status = up.ready()
        key_at_both_ends(status)
        children = children_of(up.process.pid)
        assert len(children) == 3
        os.kill(children["relay"], signal.SIGKILL)
        until = time.monotonic() + 30
        while children_of(up.process.pid).get("relay") in {None, children["relay"]}:
            assert time.monotonic() < until
            time.sleep(0.1)
        key_at_both_ends(up.ready())
        last = children_of(up.process.pid)
        said = up.end()
        assert up.process.returncode == 0, said
    assert said.count("  relay: its process ended by SIGKILL; it starts again in 0.5 s\n") == 1
    assert not any(Path(f"/proc/{pid}").exists() for pid in last.values())
    assert listening(status) == []
    for entity in ("kme-a", "relay", "kme-b"):
        assert "entity runs" in (made / "entities" / entity / "log").read_text()


@pytest.mark.slow
def test_files_in_the_current_folder_are_not_carried_out(made: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for module in ("copy", "asyncio", "interlace"):
        (tmp_path / f"{module}.py").write_text(f"open({str(mark)!r}, 'w')\nraise RuntimeError\n")
    script = tmp_path / "up.py"  # as the installed command, which has no current folder either
    script.write_text(
        "import sys\nsys.path.pop(0)\n"
        "from interlace.cli import main\n"
        f"sys.argv[1:] = ['kms', 'up', {str(made)!r}, '--isolate']\n"
        "sys.exit(main())\n"
    )
    up = subprocess.Popen([sys.executable, str(script)], cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while kms("status", str(made)).returncode and time.monotonic() < until:
            assert up.poll() is None
        assert not mark.exists()
        assert time.monotonic() < until
    finally:
        up.send_signal(signal.SIGINT)
        assert up.wait(timeout=60) == 0


def children_of(parent: int) -> dict[str, int]:
    """Entity to process ID, of the processes that are running it."""
    listed = subprocess.run(
        ["ps", "-ww", "--ppid", str(parent), "-o", "pid=,args="],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"(?m)^\s*(\d+).* kms serve \S+ (\S+)", listed.stdout)
    return {entity: int(pid) for pid, entity in found}


@pytest.mark.slow
def test_what_a_copy_brings_back_is_void_and_the_operator_is_told(made: Path) -> None:
    copy, store = made / "copy", made / "entities" / "kme-a" / "store.sqlite"
    with running(made) as up:
        status = up.ready()
        first = here(status)["epoch"]
        assert kms("backup", str(made), "kme-a", str(copy)).returncode == 0
        code, handed = asked(status, "sae-a", "sae-b/enc_keys?number=3")
        assert code == 200
        busy = kms("audit", str(made), "kme-a")
        assert busy.returncode != 0
        assert "is in use by another process" in busy.stderr
        assert up.end().rstrip().endswith("stopped")
    intact = kms("audit", str(made), "kme-a")
    assert intact.returncode == 0
    assert "rows are as they were written" in intact.stdout
    there = kms("restore", str(made), "kme-a", str(copy))
    assert "is there already" in there.stderr
    for path in store.parent.glob("store.sqlite*"):
        path.unlink()
    assert kms("restore", str(made), "kme-a", str(copy)).returncode == 0
    with running(made) as up:
        status = up.ready()
        restored = here(status)
        assert restored["epoch"] > first
        assert "restored from a backup" in restored["restored"]
        code, fresh = asked(status, "sae-a", "sae-b/enc_keys?number=64")
        assert code == 200
        old = {key["key_ID"] for key in handed["keys"]}
        assert old.isdisjoint(key["key_ID"] for key in fresh["keys"])
        shown = kms("status", str(made))
        assert "restored from a backup" in shown.stdout
        assert "restored from a backup" in up.end()


@pytest.mark.slow
def test_a_copy_of_the_disk_of_a_moment_ago_brings_no_key_back(made: Path) -> None:
    store = made / "entities" / "kme-a" / "store.sqlite"
    with running(made) as up:
        status = up.ready()
        first = here(status)["epoch"]
        with (
            contextlib.closing(sqlite3.connect(store)) as source,
            contextlib.closing(sqlite3.connect(made / "snapshot")) as target,
        ):
            source.backup(target)  # as a snapshot of the disk: not marked as a copy
        code, handed = asked(status, "sae-a", "sae-b/enc_keys?number=4")
        up.process.kill()
        assert code == 200
    for path in store.parent.glob("store.sqlite*"):
        path.unlink()
    os.replace(made / "snapshot", store)
    with running(made) as up:
        status = up.ready()
        assert here(status)["epoch"] > first
        assert "does not go through row" in here(status)["restored"]
        _, fresh = asked(status, "sae-a", "sae-b/enc_keys?number=64")
    old = {key["key_ID"] for key in handed["keys"]}
    assert old.isdisjoint(key["key_ID"] for key in fresh["keys"])


@pytest.mark.slow
def test_keys_that_were_changed_in_the_store_are_an_alarm_and_others_are_given_out(
    made: Path,
) -> None:
    with running(made) as up:
        status = up.ready()
        path = made / "entities" / "kme-a" / "store.sqlite"
        with contextlib.closing(sqlite3.connect(path, timeout=20.0)) as store, store:
            store.execute(
                "UPDATE kms_key SET sealed = zeroblob(60) WHERE key_id IN (SELECT key_id FROM "
                "kms_key WHERE role = 'master' AND master = 'sae-a' AND slave = 'sae-b' "
                "AND state = 'available' ORDER BY seq LIMIT 100) AND role = 'master'"
            )
        assert asked(status, "sae-a", "sae-b/enc_keys?number=1")[0] == 200
        until, found = time.monotonic() + 20.0, list[dict]()
        while not found:
            assert time.monotonic() < until
            time.sleep(0.5)
            here = next(one for one in up.status()["entities"] if one["id"] == "kme-a")
            found = [one for one in here["alarms"] if one["name"] == "store-tampered"]
        assert found[0]["words"].startswith("100 keys in the store did not open since the start")
        assert "store-tampered" in kms("status", str(made)).stdout


@pytest.mark.slow
def test_an_entity_that_lost_its_disk_starts_and_the_others_drop_what_they_shared(
    made: Path,
) -> None:
    folder = made / "entities" / "kme-a"
    with running(made) as up:
        first = here(up.ready())["epoch"]
    for path in (*folder.glob("store.sqlite*"), folder / "epoch"):
        path.unlink()
    with running(made) as up:
        status = up.ready()
        assert here(status)["epoch"] > first
        code, handed = asked(status, "sae-b", "sae-a/enc_keys?number=64")
        assert code == 200
        ids = ",".join(key["key_ID"] for key in handed["keys"][:8])
        collected = [
            asked(status, "sae-a", f"sae-b/dec_keys?key_ID={one}")[0] for one in ids.split(",")
        ]
        assert collected == [200] * 8


@pytest.mark.slow
@pytest.mark.parametrize(("ahead", "is_believed"), [(1000, True), (2**61, False)])
def test_an_entity_ends_at_a_higher_epoch_of_its_own_and_begins_above_it(
    made: Path, ahead: int, is_believed: bool
) -> None:
    file = made / "entities" / "kme-a" / "epoch"
    with running(made) as up:
        known = here(up.ready())["epoch"] + ahead
    path = made / "entities" / "relay" / "store.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as store, store:
        store.execute("UPDATE kms_peer SET epoch = ? WHERE kme = 'kme-a'", (known,))
    with running(made) as up:
        assert up.process.wait(timeout=60) == 1
        told = up.end()
    assert f"relay knows epoch {known} of kme-a, whose store is of epoch {known - ahead}" in told
    assert (f"{file} has epoch {known} now" in told) == is_believed
    kept = json.loads(file.read_bytes())["epoch"]
    assert kept == (known if is_believed else known - ahead)
    if is_believed:
        with running(made) as up:
            status = up.ready()
            assert here(status)["epoch"] == known + 1
            assert asked(status, "sae-a", "sae-b/enc_keys?number=64")[0] == 200


def here(status: dict) -> dict:
    """What there is to tell of kme-a."""
    return next(one for one in status["entities"] if one["id"] == "kme-a")


@pytest.mark.slow
def test_postgresql_takes_the_place_of_sqlite(made: Path, postgres) -> None:
    with running(made, "--store", postgres.url, "--isolate") as up:
        key_at_both_ends(up.ready())
        assert up.end().rstrip().endswith("stopped")
    assert not list(made.rglob("store.sqlite"))
    copy = made / "copy.sql"
    text = (made / "entities" / "kme-a" / "entity.yaml").read_text()
    told = text.replace("store: store.sqlite", f"store: {postgres.url}")
    (made / "entities" / "kme-a" / "entity.yaml").write_text(told)
    done = kms("backup", str(made), "kme-a", str(copy))
    assert done.returncode == 0, done.stderr
    assert kms("audit", str(made), "kme-a").returncode == 0
    assert "psql --file" in kms("restore", str(made), "kme-a", str(copy)).stderr


@pytest.mark.slow
def test_a_database_that_is_away_is_told_everywhere_until_it_is_back(made: Path, postgres) -> None:
    with running(made, "--store", postgres.url) as up:
        status = up.ready()
        postgres.stop(signal.SIGQUIT)
        seen = until_alarms(up, {"store-unavailable"})
        assert not seen["ready"]
        code, told = figures(status, "kme-a", "/readyz")
        assert (code, set(json.loads(told)["missing"])) == (503, {"store"})
        shown = figures(status, "kme-a", "/metrics")[1].decode()
        assert "interlace_kms_ready 0.0" in shown
        assert 'interlace_kms_alarm{name="store-unavailable",subject="kme-a"} 1.0' in shown
        postgres.start()
        until_alarms(up, set())
        assert figures(status, "kme-a", "/readyz")[0] == 200
        said = up.end()
    assert "alarm: major: kme-a: store-unavailable: " in said
    assert "over: kme-a: store-unavailable: kme-a" in said


def until_alarms(up: Running, wanted: set[str]) -> dict:
    """The state once kme-a has those alarms of its store, which takes a few seconds."""
    until = time.monotonic() + 20
    while True:
        status = up.status()
        (one,) = [one for one in status["entities"] if one["id"] == "kme-a"]
        if {alarm["name"] for alarm in one["alarms"]} & {"store-unavailable"} == wanted:
            time.sleep(1.0)  # `up` looks twice a second
            return status
        assert time.monotonic() < until, status
        time.sleep(0.2)


@pytest.mark.parametrize("minimum", ["1.3", "1.2"])
def test_tls_1_2_is_spoken_where_the_entity_is_told_to(made: Path, minimum: str) -> None:
    file = made / "entities" / "kme-a" / "entity.yaml"
    file.write_text(file.read_text().replace("minimum: '1.3'", f"minimum: '{minimum}'"))
    with running(made) as up:
        while (status := up.status())["entities"][0]["state"] != "running":
            assert up.process.poll() is None
        row = status["saes"][0]
        old = ssl.create_default_context(cafile=status["ca"])
        old.load_cert_chain(row["certificate"], row["key"])
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        url = f"{row['url']}/api/v1/keys/sae-b/status"
        if minimum == "1.2":
            with urllib.request.urlopen(url, context=old) as answer:
                assert answer.status == 200
        else:
            with pytest.raises(urllib.error.URLError, match=r"(?i)ssl|protocol"):
                urllib.request.urlopen(url, context=old)


def test_a_port_that_is_taken_stops_the_start(made: Path) -> None:
    from interlace.services.kms.app import load_directory

    port = load_directory(str(made)).entities[0].listening.sae_port
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = kms("up", str(made))
    assert done.returncode == 1  # it may be free in a moment; no input is wrong
    assert f"127.0.0.1:{port} is in use: end the process that listens there" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_entity_whose_epoch_file_has_no_room_fails_and_is_not_blamed_for_its_input(
    made: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from interlace.services.kms.app import load_entity, run_entity

    def fsync(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    config = load_entity(str(made), "kme-a")
    assert run_entity(config, log_path=str(made / "log")) == 1
    told = capfd.readouterr().err
    assert told == f"{config.epoch_file}: cannot be written: No space left on device\n"


def test_an_entity_that_cannot_start_at_first_ends_those_that_could(made: Path) -> None:
    from interlace.services.kms.app import load_directory

    port = load_directory(str(made)).entities[0].listening.sae_port
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = kms("up", str(made), "--isolate")
    assert done.returncode == 1, done.stderr
    lines = done.stderr.splitlines()
    told = f"127.0.0.1:{port} is in use: end the process that listens there"
    assert lines.count(told) == 1
    assert "the task 'kme-a' failed: it could not start, as it says above" in lines
    assert lines[-1] == f"ended: the log is in {made}/log"


@pytest.mark.slow
def test_a_directory_that_runs_is_not_run_twice_in_processes_of_its_own(made: Path) -> None:
    with running(made) as up:
        up.ready()
        again = kms("up", str(made), "--isolate")
        assert again.returncode == 1, again.stderr
        assert again.stderr.splitlines() == [
            f"{made}/entities/kme-a is in use by another process: end it first",
            f"ended: the log is in {made}/log",
        ]
        assert up.end().rstrip().endswith("stopped")


@pytest.mark.parametrize("options", [(), ("--isolate",)])
def test_a_mistake_in_one_entity_starts_none(made: Path, options: tuple[str, ...]) -> None:
    (made / "entities" / "relay" / "kek").chmod(0o644)
    done = kms("up", str(made), *options)
    assert done.returncode in {1, 2}
    logs = [path.read_text() for path in made.rglob("log")]
    assert any("others than its owner may use it" in text for text in [done.stderr, *logs])
    assert "Traceback" not in done.stderr


def test_an_entity_without_its_peers_is_healthy_and_gives_out_no_key(made: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "serve", str(made), "kme-a", "--log", str(made / "own.log")],
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 30
        while True:
            status = json.loads(kms("status", str(made), "--json", "-").stdout)
            states = {one["id"]: one["state"] for one in status["entities"]}
            if states["kme-a"] == "running":
                break
            assert time.monotonic() < until
        assert states == {"kme-a": "running", "relay": "down", "kme-b": "down"}
        assert not status["ready"]
        code, told = asked(status, "sae-a", "sae-b/enc_keys")
        assert (code, set(told)) == (503, {"message"})
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
