"""A key rate as `interlace qkd` prints it: a calm table, and the same as JSON."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from interlace.qkd import Channel, KeyRate

__all__ = ["curves_json", "rate_json", "rate_table"]

_BITS = ((1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s"), (1.0, "bit/s"))
_CLOCKS = ((1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz"), (1.0, "Hz"))
_TIMES = ((86400.0, "days"), (3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "us"))


def rate_table(rate: KeyRate) -> str:
    """What the link delivers and by which settings, ending in a newline."""
    blocks = _blocks(rate)
    head = f"{rate.protocol} over {_channel(rate.channel)}{blocks}"
    rows = [*_figures(rate), *_settings(rate)]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name.ljust(width)}  {value}" for name, value in rows]
    notes = [f"- {note}" for note in rate.notes]
    return "\n".join([head, "", *lines, "", f"after {rate.citation}", *notes]) + "\n"


def rate_json(rate: KeyRate) -> bytes:
    """The same as a document."""
    return _encoded(_document(rate))


def curves_json(curves: Sequence[Sequence[KeyRate]]) -> bytes:
    """Rates over several channels, protocol by protocol, as a document."""
    return _encoded(
        {
            "curves": [
                {"protocol": rates[0].protocol, "points": [_document(rate) for rate in rates]}
                for rates in curves
            ]
        }
    )


def _figures(rate: KeyRate) -> list[tuple[str, str]]:
    clock = _scaled(rate.clock_hz, _CLOCKS)
    if rate.secret_bits_per_pulse > 0.0:
        bits = f"{rate.secret_bits_per_pulse:.4g} bits a pulse at {clock}"
        rows = [("secret key", f"{_scaled(rate.secret_rate_hz, _BITS)}, {bits}")]
    else:
        rows = [("secret key", "none")]
    if rate.protocol != "plob" and rate.plob_bits_per_pulse is not None:
        most_hz = rate.plob_bits_per_pulse * rate.clock_hz
        bits = f"{rate.plob_bits_per_pulse:.4g} bits a pulse"
        rows.append(("PLOB bound", f"{_scaled(most_hz, _BITS)}, {bits}"))
    if rate.sifted_rate_hz is not None:
        rows.append(("sifted key", _scaled(rate.sifted_rate_hz, _BITS)))
    if rate.qber is not None:
        rows.append(("QBER", f"{100 * rate.qber:.3g} %"))
    if rate.phase_error is not None:
        rows.append(("phase error", f"at most {100 * rate.phase_error:.3g} %"))
    if rate.block_time_s is not None:
        full = f"full in {_scaled(rate.block_time_s, _TIMES)}"
        rows.append(("block", f"{full}, {rate.block_secret_bits:,} secret bits"))
    return rows


def _settings(rate: KeyRate) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    if rate.settings is not None:
        chosen = rate.settings
        rows += [
            ("key basis", f"chosen with {chosen.basis_probability:.4g}"),
            ("intensities", "  ".join(f"{mu:.4g}" for mu in chosen.intensities) + "  photons"),
            ("chosen with", "  ".join(f"{p:.4g}" for p in chosen.probabilities)),
        ]
    if rate.security is not None and rate.secrecy is not None:
        each = f"{rate.security.secrecy_per_bit:.2g} a secret bit"
        rows += [
            ("not secret", f"with at most {rate.secrecy:.2g} a block, {each}"),
            ("not equal", f"with at most {rate.security.correctness:.2g} a block"),
        ]
    return rows


def _channel(channel: Channel) -> str:
    loss = f"{channel.total_loss_db:.4g} dB"
    return f"{channel.length_m / 1e3:.6g} km, {loss}" if channel.length_m else loss


def _blocks(rate: KeyRate) -> str:
    if rate.protocol == "plob":
        return ""
    return ", endless blocks" if rate.block is None else f", blocks of {rate.block:,} sifted bits"


def _document(rate: KeyRate) -> dict[str, object]:
    return {
        "protocol": rate.protocol,
        "length_m": rate.channel.length_m,
        "loss_db": rate.channel.total_loss_db,
        "clock_hz": rate.clock_hz,
        "secret_bits_per_pulse": rate.secret_bits_per_pulse,
        "secret_bits_per_s": rate.secret_rate_hz,
        "plob_bits_per_pulse": rate.plob_bits_per_pulse,
        "sifted_bits_per_s": rate.sifted_rate_hz,
        "qber": rate.qber,
        "phase_error": rate.phase_error,
        "block": rate.block,
        "block_time_s": rate.block_time_s,
        "block_secret_bits": rate.block_secret_bits,
        "settings": msgspec.to_builtins(rate.settings),
        "security": msgspec.to_builtins(rate.security),
        "secrecy": rate.secrecy,
        "citation": rate.citation,
        "notes": list(rate.notes),
    }


def _encoded(document: dict[str, object]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _scaled(value: float, units: Sequence[tuple[float, str]]) -> str:
    factor, symbol = next((u for u in units if abs(value) >= 0.9995 * u[0]), units[-1])
    return f"{value / factor:.3g} {symbol}"
