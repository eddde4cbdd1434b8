"""Stabilizers and parities of a wide program, as sections of the page."""

from __future__ import annotations

from interlace.report.markup import Markup, data_table, el
from interlace.report.products import ProductsView, products_views
from interlace.runtime import Result

__all__ = ["products_sections"]


def products_sections(result: Result) -> tuple[Markup, ...]:
    """One section for each kind of products that were followed."""
    return tuple(_section(view) for view in products_views(result))


def _section(view: ProductsView) -> Markup:
    parts = [data_table(("", "value", ""), view.rows, words=(2,))]
    if view.lowest:
        rows = [(words, figure) for figure, words in view.lowest]
        parts.append(el("h3", None, "Those that noise flips most"))
        parts.append(data_table(("product", "expectation"), rows))
    return el("section", None, el("h2", None, view.title), *parts)
