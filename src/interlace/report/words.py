"""Numbers as people read them: 1.24 ms, 3.2 kHz, 96.1 %."""

from __future__ import annotations

import math
import re

__all__ = [
    "below",
    "counted",
    "duration",
    "frequency",
    "listed",
    "mean_duration",
    "natural_key",
    "number",
    "percent",
    "plain",
    "plus_minus",
    "scaled",
    "share_in_words",
    "significant",
    "tied",
    "whole",
]

_TIMES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"), (1e-12, "ps"))
_RATES = ((1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz"), (1.0, "Hz"), (1e-3, "mHz"))


def significant(value: float, digits: int = 3) -> str:
    """The value to that many significant digits, without an exponent where it stays short.

    Example:
        >>> significant(1.2378), significant(1237.8), significant(0.00012378), significant(7e-6)
        ('1.24', '1,240', '0.000124', '7.00e-6')
    """
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if exponent < -4 or exponent > 8:
        mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
        return f"{mantissa}e{int(power)}"
    rounded = round(value, digits - 1 - exponent)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:,.{decimals}f}"


def scaled(value: float, units: tuple[tuple[float, str], ...]) -> tuple[float, str]:
    """The factor and symbol of the largest unit that leaves at least one, after rounding."""
    for factor, symbol in units:
        if abs(value) >= 0.9995 * factor:
            return factor, symbol
    return units[-1]


def duration(seconds: float) -> str:
    """A time: three significant digits, minutes and hours beyond 100 s.

    Example:
        >>> duration(0.00124), duration(6.8e-8), duration(0.0), duration(300.0)
        ('1.24 ms', '68.0 ns', '0 s', '5 min 0 s')
    """
    if seconds == 0:
        return "0 s"
    if seconds >= 100:
        total = round(seconds)
        hours, rest = divmod(total, 3600)
        minutes, rest = divmod(rest, 60)
        return f"{hours:,} h {minutes} min" if hours else f"{minutes} min {rest} s"
    factor, symbol = scaled(seconds, _TIMES)
    return f"{significant(seconds / factor)} {symbol}"


def mean_duration(seconds: float, error_s: float | None) -> str:
    """A mean time with its standard error (two digits), where that is known and not zero.

    Example:
        >>> mean_duration(0.0251, 0.00443), mean_duration(0.00227, 26e-5), mean_duration(2.0, None)
        ('25.1 ms ± 4.4 ms', '2.27 ms ± 0.26 ms', '2.00 s')
    """
    if error_s is None or error_s <= 1e-9 * seconds:
        return duration(seconds)
    factor, symbol = scaled(seconds if seconds < 100 else error_s, _TIMES)
    return f"{duration(seconds)} ± {significant(error_s / factor, 2)} {symbol}"


def frequency(hertz: float) -> str:
    """A rate: three significant digits with its prefix.

    Example:
        >>> frequency(3200.0), frequency(0.05)
        ('3.20 kHz', '50.0 mHz')
    """
    if hertz == 0:
        return "0 Hz"
    factor, symbol = scaled(hertz, _RATES)
    return f"{significant(hertz / factor)} {symbol}"


def percent(share: float) -> str:
    """A share as a figure in a table: one decimal, two below 0.1 %.

    Example:
        >>> percent(0.9612), percent(0.0002), percent(1e-7), percent(0.0)
        ('96.1 %', '0.02 %', '<0.01 %', '0 %')
    """
    if share == 0:
        return "0 %"
    if abs(share) < 5e-5:
        return "<0.01 %"
    return f"{100 * share:.{1 if abs(share) >= 0.00095 else 2}f} %"


def share_in_words(share: float) -> str:
    """A share inside a sentence: whole per cents, with honest ends.

    Example:
        >>> share_in_words(0.913), share_in_words(0.9991), share_in_words(0.002)
        ('91 %', 'more than 99 %', 'less than 1 %')
    """
    if share >= 1 - 1e-9:
        return "all"
    if share >= 0.995:
        return "more than 99 %"
    if share <= 0.005:
        return "less than 1 %"
    return f"{100 * share:.0f} %"


def plus_minus(value: float, error: float) -> str:
    """A value with its standard error, both to the error's leading digit (two if it is a 1).

    Example:
        >>> plus_minus(0.91234, 0.0042), plus_minus(0.5, 0.0134), plus_minus(1.0, 0.0)
        ('0.912 ± 0.004', '0.500 ± 0.013', '1.0000')
        >>> plus_minus(-0.0004, 0.03)
        '0.00 ± 0.03'
    """
    if error <= 0:
        return f"{value:.4f}"
    exponent = math.floor(math.log10(error))
    leading = error / 10**exponent
    decimals = min(8, max(0, -exponent + (1 if leading < 1.95 else 0)))
    return f"{round(value, decimals) + 0.0:.{decimals}f} ± {error:.{decimals}f}"


def below(shots: int) -> str:
    """What a probability is below, with 95 % confidence, if none of the shots shows it: 3 / N.

    Example:
        >>> below(1000)
        'below 0.003'
    """
    return f"below {min(1.0, 3 / shots):.2g}"


def number(value: float) -> str:
    """A dimensionless figure to three significant digits; whole numbers stay whole."""
    return whole(int(value)) if value == int(value) and abs(value) < 1e9 else significant(value)


def whole(value: int) -> str:
    """A whole number with separators: 4,096."""
    return f"{value:,}"


def counted(value: int, what: str) -> str:
    """A number of things, one or several.

    Example:
        >>> counted(1, "timeline"), counted(4096, "shot")
        ('1 timeline', '4,096 shots')
    """
    return f"{whole(value)} {what}{'' if value == 1 else 's'}"


def listed(names: tuple[str, ...], *, most: int = 6) -> str:
    """Names as a list in a sentence, shortened past `most`: "a, b and c"."""
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {whole(len(names) - most + 1)} more"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def tied(text: str) -> str:
    r"""The text with a no-break space between each figure and its unit: they stay on one line.

    Example:
        >>> tied("took 22.5 ms on 3 machines")
        'took 22.5\xa0ms on 3 machines'
    """
    units = r"%|[mµnp]?s|min|h|[mkMG]?Hz|k?m"
    return re.sub(rf"(?<=[0-9]) (?=(?:{units})(?:\W|$))", "\N{NO-BREAK SPACE}", text)


def plain(text: str) -> str:
    """Text that a terminal may print: control characters become a visible stand-in.

    Names come from files; an escape sequence in one must not reach the terminal.
    """
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key under which q[10] comes after q[9]."""
    parts = re.split(r"([0-9]+)", text)
    return tuple((0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts if p)
