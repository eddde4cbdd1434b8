"""A network as `interlace network show` prints it: a calm table, and the same as JSON."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from interlace.cli.key_table import key_documents, key_notes, key_tables
from interlace.cli.layout import aligned, scaled
from interlace.link import Link
from interlace.network import LinkRow, Network, NodeRow, describe, network_document
from interlace.qkd import KeyRate
from interlace.units import fidelity_figure

__all__ = ["network_json", "network_table"]

_TIMES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))
_RATES = ((1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz"), (1.0, "Hz"), (1e-3, "mHz"))
_LENGTHS = ((1e3, "km"), (1.0, "m"))
_NO_HERALD = (
    "herald -: without hardware a pair is there, and fresh, when its attempt or stream delivers it"
)


def network_table(
    network: Network, links: Sequence[Link], key_rates: Sequence[KeyRate] = ()
) -> str:
    """Nodes, links and what was assumed, ending in a newline."""
    summary = describe(network)
    parts, lines = [summary.headline], list[str]()
    if summary.nodes:
        nodes = [_node_cells(row) for row in summary.nodes]
        heads = ["node", "site", "device", "coupling", "data", "communication"]
        parts.append(aligned([heads, *nodes], numbers={4, 5}))
    if links:
        pairs = zip(summary.links, links, strict=True)
        cells = [_link_cells(row, link) for row, link in pairs]
        heads = ["link", "scheme", "channels", "fibre", "rate", "fidelity", "herald", "latency"]
        parts.append(aligned([[*heads, "wired to"], *cells], numbers={2, 3, 4, 5, 6, 7}))
        lines.append("rate: heralded pairs a second of one channel that is never blocked")
        if not all(row.has_hardware for row in summary.links):
            lines.append(_NO_HERALD)
    lines += _notes(links)
    if summary.key_nodes:
        parts += key_tables(summary, key_rates)
        lines += key_notes(summary, key_rates)
    return "\n\n".join(parts) + "\n" + "".join(f"{line}\n" for line in lines)


def network_json(
    network: Network, links: Sequence[Link], key_rates: Sequence[KeyRate] = ()
) -> bytes:
    """The same as a document: the description in SI and the links' figures."""
    document: dict[str, object] = {
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
    if network.keys is not None:
        document |= key_documents(describe(network), key_rates)
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
        "-" if row.length_m is None else scaled(row.length_m, _LENGTHS),
        scaled(link.rate_hz, _RATES),
        fidelity_figure(link.fidelity),
        scaled(link.herald_delay_s, _TIMES) if row.has_hardware else "-",
        scaled(link.latency_s, _TIMES),
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
