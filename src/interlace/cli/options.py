"""Kinds of option values that several subcommands read, refused in the words of the library."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

import click

from interlace.arguments import Whole, written_share, written_whole, wrong
from interlace.arguments import share as checked_share
from interlace.errors import SpecError
from interlace.units import parse_quantity

__all__ = ["documents", "one_of", "share", "whole"]

Callback = Callable[[click.Context, click.Parameter, Any], Any]


def whole(allowed: Whole) -> Callback:
    """A callback that reads a whole number in a range."""

    def check(_context: click.Context, parameter: click.Parameter, value: object) -> int | None:
        return None if value is None else written_whole(_name(parameter), str(value), allowed)

    return check


def one_of(*names: str) -> Callback:
    """A callback that takes one of the names, and answers any other with the nearest."""

    def check(_context: click.Context, parameter: click.Parameter, value: str) -> str:
        if value in names:
            return value
        near = difflib.get_close_matches(value, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else ""
        needed = f"must be {'one of ' if len(names) > 1 else ''}{', '.join(names)}"
        raise wrong(_name(parameter), needed, value, hint=hint)

    return check


def share(_context: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """A callback that reads a number above 0 and at most 1, also in per cent; NaN is none."""
    if value is None:
        return None
    name = _name(parameter)
    if not value.rstrip().endswith("%"):
        return written_share(name, value)
    try:
        return checked_share(name, parse_quantity(value, "number"))
    except SpecError as error:
        raise wrong(name, error.rule, value) from error


def documents(*kinds: tuple[str, str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Options that name an output file, from (option, help)."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option, words in reversed(kinds):
            name = f"{option.lstrip('-')}_path"
            function = click.option(option, name, metavar="FILE", help=words)(function)
        return function

    return decorate


def _name(parameter: click.Parameter) -> str:
    """The option as it is typed."""
    return parameter.opts[-1]
