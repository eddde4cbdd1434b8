"""The KMEs and QKD links of a network as `interlace network show` prints them."""

from __future__ import annotations

from collections.abc import Sequence

from interlace.cli.layout import aligned, scaled
from interlace.network import DETOUR_FACTOR, KeyLinkRow, NetworkSummary, NodeRow
from interlace.qkd import KeyRate

__all__ = ["key_documents", "key_notes", "key_tables"]

_BITS = ((1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s"), (1.0, "bit/s"))
_LENGTHS = ((1e3, "km"), (1.0, "m"))


def key_tables(summary: NetworkSummary, rates: Sequence[KeyRate]) -> list[str]:
    """A table of the entities, and one of the links if there are any."""
    heads = ["entity", "site", "serves"]
    tables = [aligned([heads, *(_node_cells(row) for row in summary.key_nodes)], numbers=set())]
    if rates:
        pairs = zip(summary.key_links, rates, strict=True)
        heads = ["QKD link", "protocol", "block", "fibre", "loss", "secret key", "QBER"]
        cells = [_link_cells(row, rate) for row, rate in pairs]
        tables.append(aligned([heads, *cells], numbers={2, 3, 4, 5, 6}))
    return tables


def key_notes(summary: NetworkSummary, rates: Sequence[KeyRate]) -> list[str]:
    """Who may share keys with whom, lengths that nobody wrote, and links without any key."""
    saes = sum(len(row.saes) for row in summary.key_nodes)
    every = ", everyone with everyone" if summary.permits == saes * (saes - 1) else ""
    lines = [f"permits: {summary.permits} pairs of a master and a slave{every}"]
    pairs = zip(summary.key_links, rates, strict=True)
    barren = [row.name for row, rate in pairs if rate.secret_rate_hz == 0.0]
    assumed = [
        f"{row.name}: no fibre length is given: it is taken to be "
        f"{scaled(row.length_m, _LENGTHS)}, {DETOUR_FACTOR:g} times the air distance of the two "
        "sites"
        for row in summary.key_links
        if row.is_length_assumed
    ]
    return [*lines, *assumed, *(f"{name}: no key reaches over it" for name in barren)]


def key_documents(summary: NetworkSummary, rates: Sequence[KeyRate]) -> dict[str, object]:
    """The same as a document."""
    return {
        "kmes": [
            {"name": row.name, "kind": row.kind, "site": row.site, "saes": list(row.saes)}
            for row in summary.key_nodes
        ],
        "qkd_links": [
            {
                "name": row.name,
                "protocol": row.protocol,
                "length_m": row.length_m,
                "loss_db": row.total_loss_db,
                "secret_bits_per_s": rate.secret_rate_hz,
                "qber": rate.qber,
            }
            for row, rate in zip(summary.key_links, rates, strict=True)
        ],
    }


def _node_cells(row: NodeRow) -> list[str]:
    name = row.name if row.saes else f"{row.name} (relay)"
    return [name, row.site or "-", ", ".join(row.saes) or "-"]


def _link_cells(row: KeyLinkRow, rate: KeyRate) -> list[str]:
    return [
        row.name,
        row.protocol,
        "endless" if row.block is None else f"{row.block:.3g}",
        scaled(row.length_m, _LENGTHS) if row.length_m else "-",
        f"{row.total_loss_db:.4g} dB",
        scaled(rate.secret_rate_hz, _BITS) if rate.secret_rate_hz else "none",
        "-" if rate.qber is None else f"{100 * rate.qber:.3g} %",
    ]
