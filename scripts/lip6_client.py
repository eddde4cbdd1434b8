"""What the LIP6's client is answered by two entities: run by `lip6.sh`, in its environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from etsi_qkd_014_client import QKD014Client  # pyright: ignore[reportMissingImports]

FOUND_NOT = "one or more keys specified are not found on KME"


def main(status_path: str) -> None:
    """Go through everything that the client can ask."""
    status = json.loads(Path(status_path).read_text("utf-8"))
    clients = {sae["id"]: client(sae, status["ca"]) for sae in status["saes"]}
    master, slave, stranger = clients["sae-a"], clients["sae-b"], clients["sae-c"]

    told = demand("status", 200, master.get_status("sae-b"))
    same("status: source and target", (told.source_kme_id, told.target_kme_id), ("kme-a", "kme-b"))
    same("status: sizes", (told.key_size, told.min_key_size, told.max_key_size), (256, 64, 4096))

    one = demand("enc_keys by GET", 200, master.get_key("sae-b"))
    ids = [key.key_id for key in one.keys]
    demand("dec_keys of a stranger", 401, stranger.get_key_with_key_IDs("sae-a", ids))
    far = demand("dec_keys at the far end", 200, slave.get_key_with_key_IDs("sae-a", ids))
    same("one key at both ends", material(far), material(one))
    again = demand("the same once more", 400, slave.get_key_with_key_IDs("sae-a", ids))
    same("and its message", again.message, FOUND_NOT)

    for count, bits in ((128, 256), (3, 1024), (2, 64)):
        what = f"{count} keys of {bits} bits"
        many = demand(f"enc_keys by POST: {what}", 200, master.get_key("sae-b", count, bits))
        ids = [key.key_id for key in many.keys]
        far = demand(f"dec_keys: {what}", 200, slave.get_key_with_key_IDs("sae-a", ids))
        same(f"{what} at both ends", material(far), material(many))

    demand("a size that is no multiple of 8", 400, master.get_key("sae-b", size=257))
    demand("too many keys", 400, master.get_key("sae-b", number=129))
    demand("an SAE that nobody knows", 401, master.get_key("sae-z"))
    demand("an SAE at another's entity", 401, at(slave, master).get_key("sae-b"))
    print("the client of the LIP6 was answered as it should be")  # noqa: T201


def client(sae: dict[str, str], ca: str) -> Any:  # noqa: ANN401 - a library without types
    """The client of an SAE."""
    host = sae["url"].removeprefix("https://")
    return QKD014Client(host, sae["certificate"], sae["key"], ca)


def at(who: Any, where: Any) -> Any:  # noqa: ANN401
    """One SAE's client, turned to another's entity."""
    return QKD014Client(where.kme_hostname, who.cert_path, who.key_path, who.ca_path)


def demand(what: str, code: int, answer: tuple[int, Any]) -> Any:  # noqa: ANN401
    """The data of an answer that has that code."""
    same(what, answer[0], code)
    return answer[1]


def same(what: str, seen: object, wanted: object) -> None:
    """End unless the two are equal; secrets are compared, not shown."""
    if seen != wanted:
        shown = "" if isinstance(seen, dict) else f": {seen!r}, wanted {wanted!r}"
        sys.exit(f"{what}{shown}")
    print(f"ok  {what}")  # noqa: T201


def material(container: Any) -> dict[str, str]:  # noqa: ANN401
    """Keys by their IDs."""
    return {key.key_id: key.key for key in container.keys}


if __name__ == "__main__":
    main(sys.argv[1])
