"""The made-up runs as fixtures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.report.made_up import a_plain_result, a_result, a_wide_result

from interlace.runtime import Result, Span


@pytest.fixture
def result() -> Result:
    """A run over three machines."""
    return a_result()


@pytest.fixture
def plain_result() -> Result:
    """A run on one machine without ebits."""
    return a_plain_result()


@pytest.fixture
def wide_result() -> Result:
    """A run over three machines whose outcomes are too wide to count."""
    return a_wide_result()


@pytest.fixture
def renamed() -> Callable[[Result, str], Result]:
    """The same run under another name of circuit, network, machines, sites and links."""

    def rename(result: Result, name: str) -> Result:
        network = result.plan.network
        machines = tuple(replace(m, name=name + m.name) for m in network.machines)
        repeaters = tuple(replace(r, name=name + r.name) for r in network.repeaters)
        links = tuple(
            replace(spec, name=name + spec.name, ends=(name + spec.ends[0], name + spec.ends[1]))
            for spec in network.links
        )
        plan = replace(
            result.plan,
            circuit=replace(result.plan.circuit, name=name),
            network=replace(
                network, name=name, machines=machines, repeaters=repeaters, links=links
            ),
        )
        span = Span(row=f"{name} q[0]", group=name, kind="gate", start_s=0.0, end_s=1e-3,
                    label=name)  # fmt: skip
        return replace(
            result,
            plan=plan,
            backend_reason=name,
            links=tuple(replace(link, name=name + link.name) for link in result.links),
            time_breakdown=((name, 1.0),),
            error_breakdown=((name, 1.0),),
            approximations=(name,),
            versions=((name, name),),
            wall_s=((name, 1.0),),
            trace=replace(result.trace, spans=(*result.trace.spans, span)),
        )

    return rename
