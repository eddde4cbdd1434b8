"""What makes a link's pairs: from what someone wrote to what is true."""

from __future__ import annotations

from interlace.errors import SpecError
from interlace.network.bounds import number
from interlace.network.model import (
    BellState,
    BellStation,
    Fibre,
    GeometricSource,
    HeraldedSource,
    PoissonSource,
    Source,
    Transducer,
)
from interlace.network.shape import below, item
from interlace.network.spec import (
    BellWeightsSpec,
    ChainSpec,
    FibreSpec,
    LinkDescription,
    StationSpec,
    TransducerSpec,
)

__all__ = ["ABSTRACT_KEYS", "checked_source", "fibre_length", "werner"]

ABSTRACT_KEYS = ("rate", "success_probability", "attempt_period", "fidelity", "state")
"""Keys of a link without hardware that say how pairs come and what they are like."""

_HARDWARE_KEYS = ("scheme", "chain", "bright_state", "phase_noise")
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
        raise SpecError(rule, value=[*hardware, *abstract], path=path)
    if hardware:
        return _heralded(spec, path)
    if not abstract:
        raise SpecError(f"says nothing about how pairs are made: {_WAYS}", path=path)
    if spec.rate is not None and (
        spec.success_probability is not None or spec.attempt_period is not None
    ):
        raise SpecError(f"has a rate and attempts: {_WAYS}", value=abstract, path=path)
    if spec.rate is not None:
        return PoissonSource(
            rate_hz=number(spec.rate, "rate", path=below(path, "rate")), state=_state(spec, path)
        )
    if spec.success_probability is None or spec.attempt_period is None:
        raise SpecError(f"lacks a key: {_WAYS}", value=abstract, path=path)
    return GeometricSource(
        success_probability=number(
            spec.success_probability, "success probability", path=below(path, "success_probability")
        ),
        attempt_period_s=number(spec.attempt_period, "period", path=below(path, "attempt_period")),
        state=_state(spec, path),
    )


def fibre_length(source: Source) -> float | None:
    """Length of a hardware chain's fibres in metres; `None` for an abstract link."""
    if not isinstance(source, HeraldedSource):
        return None
    return sum(fibre.length_m for fibre in (*source.left_fibres, *source.right_fibres))


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


def _heralded(spec: LinkDescription, path: str) -> HeraldedSource:
    if spec.scheme is None or spec.chain is None:
        missing = "scheme" if spec.scheme is None else "chain"
        raise SpecError(f"needs the key {missing!r}: {_WAYS}", path=path)
    if spec.scheme == "single-click" and spec.bright_state is None:
        raise SpecError("single-click needs the key 'bright_state'", path=path)
    if spec.scheme != "single-click":
        for key in ("bright_state", "phase_noise"):
            if getattr(spec, key) is not None:
                rule = "belongs to single-click: remove it"
                raise SpecError(rule, value=getattr(spec, key), path=below(path, key))
    chain = _ordered(spec.chain, below(path, "chain"))
    station = next(i for i, (kind, _, _) in enumerate(chain) if kind == "bsm")
    (_, left, left_path), (_, right, right_path) = chain[0], chain[-1]
    _, bsm, bsm_path = chain[station]
    bright = spec.bright_state
    return HeraldedSource(
        scheme=spec.scheme,
        left=_transducer(left, left_path),
        left_fibres=tuple(_fibre(s, p) for _, s, p in chain[1:station]),
        station=_station(bsm, bsm_path),
        right_fibres=tuple(_fibre(s, p) for _, s, p in chain[station + 1 : -1]),
        right=_transducer(right, right_path),
        bright_state=None
        if bright is None
        else number(bright, "bright state", path=below(path, "bright_state")),
        phase_noise_rad=0.0
        if spec.phase_noise is None
        else number(spec.phase_noise, "phase", path=below(path, "phase_noise")),
    )


_Element = tuple[str, object, str]
"""Kind, description and path of one element of a chain."""


def _ordered(chain: list[ChainSpec], path: str) -> list[_Element]:
    elements = [_element(spec, item(path, index)) for index, spec in enumerate(chain)]
    kinds = [kind for kind, _, _ in elements]
    inner = kinds[1:-1]
    ends_well = len(kinds) >= 3 and kinds[0] == kinds[-1] == "transducer"
    if not ends_well or inner.count("bsm") != 1 or "transducer" in inner:
        rule = "must run from end to end: transducer, fibres, one bsm, fibres, transducer"
        raise SpecError(rule, value=", ".join(kinds) or "an empty list", path=path)
    return elements


def _element(spec: ChainSpec, path: str) -> _Element:
    kinds = ("transducer", "fibre", "bsm")
    written = [kind for kind in kinds if getattr(spec, kind) is not None]
    if len(written) != 1:
        rule = "must be one element: transducer, fibre or bsm"
        raise SpecError(rule, value=written or "nothing", path=path)
    return written[0], getattr(spec, written[0]), below(path, written[0])


def _transducer(spec: object, path: str) -> Transducer:
    if not isinstance(spec, TransducerSpec):
        raise SpecError("must be a transducer", path=path)
    return Transducer(
        efficiency=number(spec.efficiency, "positive share", path=below(path, "efficiency")),
        added_noise=number(spec.added_noise, "added noise", path=below(path, "added_noise")),
        bandwidth_hz=number(spec.bandwidth, "bandwidth", path=below(path, "bandwidth")),
        duty_cycle=number(spec.duty_cycle, "positive share", path=below(path, "duty_cycle")),
    )


def _fibre(spec: object, path: str) -> Fibre:
    if not isinstance(spec, FibreSpec):
        raise SpecError("must be a fibre", path=path)
    return Fibre(
        length_m=number(spec.length, "length", path=below(path, "length")),
        loss_db_per_m=number(spec.loss, "attenuation", path=below(path, "loss")),
        loss_db=number(spec.insertion_loss, "loss", path=below(path, "insertion_loss")),
    )


def _station(spec: object, path: str) -> BellStation:
    if not isinstance(spec, StationSpec):
        raise SpecError("must be a bsm", path=path)
    return BellStation(
        efficiency=number(spec.efficiency, "positive share", path=below(path, "efficiency")),
        dark_counts_hz=number(spec.dark_counts, "dark counts", path=below(path, "dark_counts")),
        visibility=number(spec.visibility, "share", path=below(path, "visibility")),
        number_resolving=spec.number_resolving,
    )
