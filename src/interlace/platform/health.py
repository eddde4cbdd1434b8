"""Whether a service is alive, and whether it is ready to be asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Check", "Health", "Phase"]

Phase = Literal["starting", "running", "stopping"]

Check = Callable[[], str | None]
"""Why a part of the service is not ready, in words; `None` if it is."""


@dataclass(slots=True)
class Health:
    """The state of one service. It is ready while it runs and every check says so.

    Example:
        >>> health = Health()
        >>> health.add_check("store", lambda: None)
        >>> health.phase = "running"
        >>> health.why_not_ready()
        {}
    """

    phase: Phase = "starting"
    _checks: dict[str, Check] = field(default_factory=dict[str, Check], init=False)

    def add_check(self, name: str, check: Check) -> None:
        """Have readiness depend on a part."""
        self._checks[name] = check

    @property
    def is_ready(self) -> bool:
        """Whether the service may be asked."""
        return not self.why_not_ready()

    def why_not_ready(self) -> dict[str, str]:
        """What is missing, by part; empty if nothing is."""
        if self.phase != "running":
            return {"service": f"is {self.phase}"}
        found = {name: check() for name, check in self._checks.items()}
        return {name: why for name, why in found.items() if why is not None}
