"""How well a wide program did, in words: stabilizers of its state, parities of its outcomes."""

from __future__ import annotations

from dataclasses import dataclass

from interlace.report.words import below, counted, plus_minus, whole
from interlace.runtime import ProductMeans, Result, WeakProduct

__all__ = ["NOT_COUNTED", "ProductsView", "products_views", "state_fidelity"]

NOT_COUNTED = (
    "Outcomes of more than 64 bits are not counted; `--samples FILE` writes the bits of every shot."
)
"""What stands in the place of the counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductsView:
    """One kind of products, ready to be shown.

    Attributes:
        title: what they are.
        rows: name, figure and words of each line.
        lowest: expectation and product of those that flipped most, worst first.
    """

    title: str
    rows: tuple[tuple[str, str, str], ...]
    lowest: tuple[tuple[str, str], ...]


def products_views(result: Result) -> tuple[ProductsView, ...]:
    """What is known of the run's stabilizers and parities; empty where outcomes are counted."""
    estimate = result.stabilizers
    if estimate is None:
        return ()
    views: list[ProductsView] = []
    if estimate.state is not None:
        title = "Stabilizers of the state before it is measured"
        views.append(_view(title, estimate.state, result))
    if estimate.outcomes is not None:
        views.append(_view("Parities of the outcomes", estimate.outcomes, result))
    return tuple(views)


def state_fidelity(result: Result) -> tuple[str, str] | None:
    """The fidelity of the state before it is measured, and in words how it is known."""
    means = None if result.stabilizers is None else result.stabilizers.state
    if means is None or not means.is_state:
        return None
    told = f"the state before it is measured: no stabilizer of {whole(means.count)} flipped"
    return _intact(means, result)[0], told


def _view(title: str, means: ProductMeans, result: Result) -> ProductsView:
    figure, words = _intact(means, result)
    is_parity = result.stabilizers is not None and means is result.stabilizers.outcomes
    what = (
        "independent, the same in all ideal outcomes; readout counts"
        if is_parity
        else "independent generators"
        + ("" if means.is_state else ", not of a whole state: it is drawn by chance midway")
    )
    return ProductsView(
        title=title,
        rows=(
            ("followed", whole(means.count), what),
            (
                "mean",
                plus_minus(means.mean, means.mean_error),
                "expectation, 1 without noise, 0 where all is lost",
            ),
            ("fidelity" if means.is_state else "all hold", figure, words),
        ),
        lowest=tuple((plus_minus(weak.value, weak.error), _named(weak)) for weak in means.lowest),
    )


def _intact(means: ProductMeans, result: Result) -> tuple[str, str]:
    """The share of shots in which all products hold, and what it is."""
    shots = counted(means.shots, "shot")
    if means.intact_error is not None:
        return plus_minus(means.intact, means.intact_error), f"share of {shots} in which all hold"
    if result.ideal:
        return f"{means.intact:.4f}", f"all hold in all {shots}"
    if means.intact > 0:
        bound = means.intact_bound or 0.0
        return f"above {1 - bound:.4g}", f"all hold in all {shots} (95 % confidence)"
    return below(means.shots), f"in none of {shots} do all hold (95 % confidence)"


def _named(weak: WeakProduct) -> str:
    more = weak.weight - len(weak.factors)
    listed = " · ".join(weak.factors)
    return f"{listed} · {counted(more, 'more factor')}" if more > 0 else listed
