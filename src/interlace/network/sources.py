"""What makes a link's pairs: from what someone wrote to what is true."""

from __future__ import annotations

from interlace.descriptions import below, item
from interlace.errors import SpecError
from interlace.network.bounds import number
from interlace.network.chains import PATTERNS, checked_chain, elements_of
from interlace.network.elements import Cable, Fibre, HardwareSource
from interlace.network.model import BellState, GeometricSource, PoissonSource, Source
from interlace.network.spec import BellWeightsSpec, LinkDescription

__all__ = ["ABSTRACT_KEYS", "checked_source", "fibre_length", "werner"]

ABSTRACT_KEYS = ("rate", "success_probability", "attempt_period", "fidelity", "state")
"""Keys of a link without hardware that say how pairs come and what they are like."""

_SCHEME_KEYS = ("bright_state", "phase_noise", "heralded")
_HARDWARE_KEYS = ("scheme", "chain", *_SCHEME_KEYS)
_WAYS = (
    "write `scheme` with `chain`, or `rate` with `fidelity`, "
    "or `success_probability` with `attempt_period` and `fidelity`"
)
_ROUNDING = 1e-12
_SLACK = 1e-6


def werner(fidelity: float) -> BellState:
    """The Werner state of that fidelity: (F, (1-F)/3, (1-F)/3, (1-F)/3)."""
    rest = (1 - fidelity) / 3
    return (fidelity, rest, rest, rest)


def checked_source(spec: LinkDescription, *, path: str) -> Source:
    """What makes the pairs of one link.

    Raises:
        SpecError: keys of two ways mixed or missing, a chain in the wrong order, a number out of
            range, weights that do not add up to 1.
    """
    hardware = [key for key in _HARDWARE_KEYS if getattr(spec, key) is not None]
    abstract = [key for key in ABSTRACT_KEYS if getattr(spec, key) is not None]
    if hardware and abstract:
        rule = f"has keys of a hardware link and of an abstract one: {_WAYS}"
        raise SpecError(rule, value=", ".join([*hardware, *abstract]), path=path)
    if hardware:
        return _hardware(spec, path)
    if not abstract:
        raise SpecError(f"says nothing about how pairs are made: {_WAYS}", path=path)
    if spec.rate is not None and (
        spec.success_probability is not None or spec.attempt_period is not None
    ):
        raise SpecError(f"has a rate and attempts: {_WAYS}", value=", ".join(abstract), path=path)
    if spec.rate is not None:
        return PoissonSource(
            rate_hz=number(spec.rate, "rate", path=below(path, "rate")), state=_state(spec, path)
        )
    if spec.success_probability is None or spec.attempt_period is None:
        raise SpecError(f"lacks a key: {_WAYS}", value=", ".join(abstract), path=path)
    return GeometricSource(
        success_probability=number(
            spec.success_probability, "success probability", path=below(path, "success_probability")
        ),
        attempt_period_s=number(spec.attempt_period, "period", path=below(path, "attempt_period")),
        state=_state(spec, path),
    )


def fibre_length(source: Source) -> float | None:
    """Length of a hardware chain's fibres and cables in metres; `None` for an abstract link."""
    if isinstance(source, PoissonSource | GeometricSource):
        return None
    return sum(part.length_m for part in elements_of(source) if isinstance(part, Fibre | Cable))


def _state(spec: LinkDescription, path: str) -> BellState:
    if spec.fidelity is not None and spec.state is not None:
        raise SpecError("has `fidelity` and `state`: write one of them", path=path)
    if spec.fidelity is not None:
        return werner(number(spec.fidelity, "Werner fidelity", path=below(path, "fidelity")))
    here = below(path, "state")
    if isinstance(spec.state, BellWeightsSpec):
        names = ("phi_plus", "psi_plus", "psi_minus", "phi_minus")
        state = spec.state
        return _weights([(getattr(state, name), below(here, name)) for name in names], here)
    if spec.state is None:
        raise SpecError("needs the key 'fidelity' (or 'state')", path=path)
    if len(spec.state) != 4:
        rule = "needs four weights: of Phi+, Psi+, Psi-, Phi-"
        raise SpecError(rule, value=spec.state, path=here)
    return _weights([(value, item(here, i)) for i, value in enumerate(spec.state)], here)


def _weights(written: list[tuple[object, str]], path: str) -> BellState:
    a, b, c, d = (number(value, "share", path=place) for value, place in written)
    total = a + b + c + d
    if abs(total - 1) > _SLACK:
        raise SpecError("must add up to 1", value=f"{total:g}", path=path)
    if abs(total - 1) > _ROUNDING:
        return (a / total, b / total, c / total, d / total)
    return (a, b, c, d)


def _hardware(spec: LinkDescription, path: str) -> HardwareSource:
    if spec.scheme is None or spec.chain is None:
        missing = "scheme" if spec.scheme is None else "chain"
        raise SpecError(f"needs the key {missing!r}: {_WAYS}", path=path)
    pattern = PATTERNS[spec.scheme]
    for key in _SCHEME_KEYS:
        value = getattr(spec, key)
        if value is None and key in pattern.needs:
            raise SpecError(f"{spec.scheme} needs the key {key!r}", path=path)
        if value is not None and key not in (*pattern.needs, *pattern.takes):
            owner = next(n for n, p in PATTERNS.items() if key in (*p.needs, *p.takes))
            raise SpecError(f"belongs to {owner}: remove it", value=value, path=below(path, key))
    parts = checked_chain(spec.chain, spec.scheme, path=below(path, "chain"))
    if spec.bright_state is not None:
        here = below(path, "bright_state")
        parts["bright_state"] = number(spec.bright_state, "bright state", path=here)
    if spec.phase_noise is not None:
        here = below(path, "phase_noise")
        parts["phase_noise_rad"] = number(spec.phase_noise, "phase", path=here)
    if spec.heralded is not None:
        parts["heralded"] = spec.heralded
    return pattern.family(scheme=spec.scheme, **parts)
