"""The state of a key management network as `interlace kms status` prints it."""

from __future__ import annotations

from interlace.cli.layout import aligned, scaled
from interlace.services.kms.app import DirectoryStatus, LoadFigures, alarm_text, what_is_missing

__all__ = ["load_table", "status_table"]

_MOST_REASONS = 3
_BITS = ((1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s"), (1.0, "bit/s"))


def status_table(status: DirectoryStatus) -> str:
    """Entities, pools, links and alarms, ending in a newline."""
    mark = " (SIMULATED)" if status.simulated else ""
    parts = [f"{'ready' if status.ready else 'not ready'}{mark}{_reasons(status)}"]
    rows = [["entity", "state", "epoch", "for SAEs", "operations", "serves"]]
    for one in status.entities:
        epoch = "-" if one.epoch is None else str(one.epoch)
        served = ", ".join(one.saes) or "-"
        rows.append([one.id, one.state, epoch, one.url, one.operations_url, served])
    parts.append(aligned(rows, numbers={2}))
    pools = [
        [pool.master, pool.slave, str(pool.stored), str(pool.target), one.id]
        for one in status.entities
        for pool in one.pools
    ]
    if pools:
        heads = ["master", "slave", "keys", "target", "at"]
        parts.append(aligned([heads, *pools], numbers={2, 3}))
    if status.links:
        heads = ["QKD link", "state", "protocol", "secret key", "blocks, by who may send"]
        cells = [
            [
                link.id,
                link.state,
                link.protocol,
                scaled(link.secret_rate_hz, _BITS),
                ", ".join(f"{end} {blocks}" for end, blocks in link.stock.items()) or "-",
            ]
            for link in status.links
        ]
        parts.append(aligned([heads, *cells], numbers={3}))
    alarms = [
        f"{alarm_text(one.id, alarm)} (since {alarm.since})"
        for one in status.entities
        for alarm in one.alarms
    ]
    alarms += [
        f"major: {one.id}: {one.restored}: its older keys are void"
        for one in status.entities
        if one.restored
    ]
    down = [one.id for one in status.entities if one.state == "down"]
    if down:
        alarms.append(f"not known of what is down: the alarms of {', '.join(down)}")
    parts.append("\n".join(alarms) or "no alarms")
    return "\n\n".join(parts) + "\n"


def _reasons(status: DirectoryStatus) -> str:
    """Why a network is not ready, the first few reasons."""
    found = what_is_missing(status)
    more = [f"and {len(found) - _MOST_REASONS} more"] if len(found) > _MOST_REASONS else []
    return ": " + "; ".join([*found[:_MOST_REASONS], *more]) if found else ""


def load_table(found: LoadFigures) -> str:
    """What a load has shown, ending in a newline."""
    answers = max(found.answered, 1)
    why = f" ({found.why_refused})" if found.why_refused else ""
    rows = [
        ["asked", f"{found.entity} for keys of {found.master} and {found.slave}"],
        ["keys", f"{found.keys}, {found.keys / found.wall_s:.0f} a second"],
        ["served", f"{found.served} requests, {found.served / found.wall_s:.0f} a second"],
        ["refused", f"{found.refused}{why}; {found.failed} without an answer"],
        ["latency", f"half in {1e3 * found.p50_s:.1f} ms, 99 % in {1e3 * found.p99_s:.1f} ms"],
        ["CPU of the entity", f"{1e6 * found.entity_cpu_s / answers:.0f} us an answer"],
        ["CPU of this load", f"{1e6 * found.generator_cpu_s / answers:.0f} us an answer"],
        ["memory", f"{found.memory_bytes / 2**20:.0f} MiB"],
    ]
    return aligned(rows, numbers=set()) + "\n"
