"""A network as `interlace network show` prints it: a calm table, and the same as JSON."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from interlace.link import Link
from interlace.network import LinkRow, Network, NodeRow, describe, network_document

__all__ = ["network_json", "network_table"]

_TIMES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))
_RATES = ((1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz"), (1.0, "Hz"), (1e-3, "mHz"))
_LENGTHS = ((1e3, "km"), (1.0, "m"))
_WITHOUT_HARDWARE = ("attempts", "stream")
_NO_HERALD = (
    "herald -: without hardware a pair is there, and fresh, when its attempt or stream delivers it"
)


def network_table(network: Network, links: Sequence[Link]) -> str:
    """Nodes, links and what was assumed, ending in a newline."""
    summary = describe(network)
    nodes = [_node_cells(row) for row in summary.nodes]
    heads = ["node", "site", "device", "coupling", "data", "communication"]
    parts = [summary.headline, _aligned([heads, *nodes], numbers={4, 5})]
    if links:
        pairs = zip(summary.links, links, strict=True)
        cells = [_link_cells(row, link) for row, link in pairs]
        heads = ["link", "scheme", "channels", "fibre", "rate", "fidelity", "herald", "latency"]
        parts.append(_aligned([[*heads, "wired to"], *cells], numbers={2, 3, 4, 5, 6, 7}))
        parts.append("rate: heralded pairs a second of one channel that is never blocked")
        if any(row.scheme in _WITHOUT_HARDWARE for row in summary.links):
            parts.append(_NO_HERALD)
    parts += _notes(links)
    return "\n\n".join(parts[:3]) + "\n" + "".join(f"{line}\n" for line in parts[3:])


def network_json(network: Network, links: Sequence[Link]) -> bytes:
    """The same as a document: the description in SI and the links' figures."""
    document = {
        "content_id": network.content_id(),
        "network": network_document(network),
        "nodes": [
            {
                "name": row.name,
                "kind": row.kind,
                "site": row.site,
                "device": row.device,
                "data_qubits": row.data_qubits,
                "communication_qubits": row.communication_qubits,
            }
            for row in describe(network).nodes
        ],
        "links": [_link_document(link) for link in links],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _link_document(link: Link) -> dict[str, object]:
    return {
        "name": link.name,
        "channels": link.channels,
        "rate_hz": link.rate_hz,
        "fidelity": link.fidelity,
        "state": list(link.state),
        "success_probability": link.success_probability,
        "attempt_period_s": link.attempt_period_s,
        "herald_delay_s": link.herald_delay_s,
        "latency_s": link.latency_s,
        "citation": link.citation,
        "notes": list(link.notes),
    }


def _node_cells(row: NodeRow) -> list[str]:
    qubits = row.communication_qubits
    return [
        row.name if row.kind == "machine" else f"{row.name} (repeater)",
        row.site or "-",
        row.device,
        row.coupling,
        str(row.data_qubits),
        "unlimited" if qubits is None else str(qubits),
    ]


def _link_cells(row: LinkRow, link: Link) -> list[str]:
    return [
        row.name,
        row.scheme,
        str(row.channels),
        "-" if row.length_m is None else _scaled(row.length_m, _LENGTHS),
        _scaled(link.rate_hz, _RATES),
        f"{link.fidelity:.4f}",
        "-" if row.scheme in _WITHOUT_HARDWARE else _scaled(link.herald_delay_s, _TIMES),
        _scaled(link.latency_s, _TIMES),
        row.wired,
    ]


def _notes(links: Sequence[Link]) -> list[str]:
    """What was assumed, equal notes together; the wiring has its column."""
    names: dict[str, list[str]] = {}
    for link in links:
        for note in link.notes:
            if "internal switch" not in note:
                names.setdefault(note, []).append(link.name)
    lines: list[str] = []
    for note, linked in names.items():
        shown = ", ".join(linked[:3]) + (f" and {len(linked) - 3} more" if linked[3:] else "")
        lines.append(f"{'every link' if len(linked) == len(links) > 1 else shown}: {note}")
    return lines


def _scaled(value: float, units: Sequence[tuple[float, str]]) -> str:
    if value == 0:
        return f"0 {units[0][1]}"
    factor, symbol = next((u for u in units if abs(value) >= 0.9995 * u[0]), units[-1])
    return f"{value / factor:.3g} {symbol}"


def _aligned(rows: Sequence[Sequence[str]], *, numbers: set[int]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if index in numbers else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)
