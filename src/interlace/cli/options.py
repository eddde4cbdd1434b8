"""Kinds of option values that several subcommands read."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

import click

__all__ = ["SEED", "SHOTS", "TIMELINES", "documents", "one_of", "share"]

SEED = click.IntRange(min=0, max=2**63 - 1)
SHOTS = click.IntRange(min=1, max=10**9)
TIMELINES = click.IntRange(min=1, max=10**6)


def one_of(*names: str) -> Callable[[click.Context, click.Parameter, str], str]:
    """A callback that takes one of the names, and answers any other with the nearest."""

    def check(context: click.Context, parameter: click.Parameter, value: str) -> str:
        if value in names:
            return value
        near = difflib.get_close_matches(value, names, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise click.BadParameter(
            f"no such name: {value!r}; {hint}choose one of {', '.join(names)}",
            ctx=context,
            param=parameter,
        )

    return check


def share(context: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    """A callback that takes a number above 0 and at most 1; NaN is none."""
    if value is None or 0.0 < value <= 1.0:
        return value
    raise click.BadParameter(
        f"{value!r} must be a number above 0 and at most 1", ctx=context, param=parameter
    )


def documents(*kinds: tuple[str, str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Options that name an output file, from (option, help)."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option, words in reversed(kinds):
            name = f"{option.lstrip('-')}_path"
            function = click.option(option, name, metavar="FILE", help=words)(function)
        return function

    return decorate
