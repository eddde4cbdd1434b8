"""Ranges of validity: one way to refuse a number that a formula was not made for."""

from __future__ import annotations

import math

import numpy as np

from interlace.errors import DomainError

__all__ = ["require_non_negative", "require_positive", "require_range"]


def require_range(name: str, value: object, *, low: float, high: float) -> None:
    """Refuse a number, or an array with one, outside [low, high]; NaN is outside.

    Raises:
        DomainError: names the quantity, what was seen and what was needed.
    """
    numbers = np.asarray(value, dtype=np.float64)
    inside = (numbers >= low) & (numbers <= high)
    if not bool(np.all(inside)):
        seen = float(numbers[~inside].flat[0]) if numbers.ndim else float(numbers)
        needed = f"at least {low:g}" if math.isinf(high) else f"between {low:g} and {high:g}"
        raise DomainError(f"{name} must be {needed} (got {seen:g})")


def require_non_negative(name: str, value: object) -> None:
    """Refuse a number, or an array with one, below zero; NaN too."""
    require_range(name, value, low=0.0, high=math.inf)


def require_positive(name: str, value: object) -> None:
    """Refuse a number, or an array with one, that is not above zero; NaN too."""
    numbers = np.asarray(value, dtype=np.float64)
    if not bool(np.all(numbers > 0.0)):
        seen = float(numbers[~(numbers > 0.0)].flat[0]) if numbers.ndim else float(numbers)
        raise DomainError(f"{name} must be above 0 (got {seen:g})")
