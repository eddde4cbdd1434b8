"""A pair source between two memories, each of which latches what arrives.

In every slot the source sends one photon of a pair to either end. There a
linear-optics Bell-state measurement joins it with a photon that the memory
emitted, entangled with its qubit. A station that sees one click in each of
two modes (polarisations, H and V) has latched its half of the pair.

The light of a two-mode squeezed source is Gaussian, so what two stations see
of one polarisation follows from a generating function,

    G(x, y) = <: exp(-x a^+ a - y b^+ b) :> = 1 / [1 + N (X + Y) - N X Y],
    X = x s_A,  Y = y s_B,

with N mean pairs in that polarisation and s the efficiency of each arm,
detector included: multi-pair emission counts to every order. A detector that
stays dark is a power of x; a photon from the memory on the other port of the
beam splitter, a derivative. For each port, with d the dark-count probability:

    no photon from the memory    O_0 = (1-d) :e^(-n/2): - (1-d)^2 :e^(-n):
    one photon from the memory   O_1 = (1-d) :e^(-n/2) (1/2 + V n/4):

`docs/decisions/0004-midpoint-source.md` derives this and the pace of the protocol.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

from interlace.physics.domain import require_non_negative, require_positive, require_range
from interlace.physics.heralding import Heralded, normalised
from interlace.units import Probability, Ratio, Seconds

__all__ = ["LatchedSlot", "latched_round", "midpoint_source"]

_Operators = tuple[int | None, int | None]
"""Photons from the memory at A and B in one polarisation; `None`: that station is not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatchedSlot:
    """What one slot gives.

    Attributes:
        pair: that both stations latch, and the pair that they then share.
        latch_probability: of each station, whatever the other does.
    """

    pair: Heralded
    latch_probability: tuple[Probability, Probability]

    @property
    def either(self) -> Probability:
        """That at least one station latches: p_A + p_B - p."""
        return math.fsum((*self.latch_probability, -self.pair.success_probability))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stations:
    memory: tuple[Ratio, Ratio]
    arm: tuple[Ratio, Ratio]
    visibility: tuple[Ratio, Ratio]
    dark: tuple[Probability, Probability]


def midpoint_source(
    *,
    mean_pairs: Ratio,
    never_two: bool = False,
    memory_efficiency: tuple[Ratio, Ratio],
    arm_efficiency: tuple[Ratio, Ratio],
    visibility: tuple[Ratio, Ratio] = (1.0, 1.0),
    dark_probability: tuple[Probability, Probability] = (0.0, 0.0),
) -> LatchedSlot:
    """One slot of the midpoint source, both statistics of the source.

    With m the memories' efficiencies and M(ab; cd) the mean of O_a O_b in H and O_c O_d in V
    (a, c at station A; b, d at B), r = m_A (1-m_B) M(10; 00) + (1-m_A) m_B M(01; 00)
    + (1-m_A)(1-m_B) M(00; 00):

        g = 4 [m_A m_B M(11; 00) + r]     equal populations |00>, |11>
        f = 4 [m_A m_B M(10; 01) + r]     unequal ones
        j = 4 m_A m_B J                   coherence between |00> and |11>
        p = 2 g + 2 f,   I = (g + j)/p,   Z = (g - j)/p,   X = Y = f/p
        squeezed:    M = product of both polarisations, N = mu/2 in each,
                     J = {(1-d_A)(1-d_B) sqrt(V_A V_B s_A s_B N (N+1)) G(1/2, 1/2)^2 / 4}^2
        never two:   M = sum over no pair, a pair in H, a pair in V,
                     J = (q/2) {(1-d_A)(1-d_B) sqrt(V_A V_B s_A s_B) / 4}^2

    The state is Bell-diagonal as it stands. Limits: no noise, no second pair: p = q m_A m_B
    s_A s_B / 4, F = [1 + V_A V_B] / 2. Sources: Jones, Kim, Rakher, Kwiat, Ladd, New J. Phys. 18,
    083015 (2016), arXiv:1505.01536 (protocol); Dhara et al., arXiv:2107.14360 (the squeezed
    source's multi-pair emission); the closed form is derived in
    `docs/decisions/0004-midpoint-source.md` and agrees with a truncated Fock space.

    Any brightness. Detectors that do not resolve photon numbers; no spectral mixture of the pairs
    beyond V. More loss never raises the rate of rounds of a source that never makes two pairs.
    Of squeezed light it may take away second photons that spoil a latch: up to mu = 0.1 and for
    m >= mu s the rate rises by less than a share mu. More noise never raises a fidelity above 1/2.

    Args:
        mean_pairs: mu of squeezed light, both polarisations together; or the probability q.
        never_two: whether the source makes one pair or none, and never two.
        memory_efficiency: from each end's qubit to a click.
        arm_efficiency: from the source to a click at each end.
        visibility: Hong-Ou-Mandel, of memory and source photon at each station.
        dark_probability: that a detector clicks in a slot without a photon, at each station.

    Raises:
        DomainError: an argument is out of range, or no slot can ever succeed.

    Example:
        >>> slot = midpoint_source(
        ...     mean_pairs=0.01, memory_efficiency=(0.5, 0.5), arm_efficiency=(0.1, 0.1)
        ... )
        >>> f"{slot.pair.success_probability:.4e}", round(slot.pair.state[0], 4)
        ('6.3388e-06', 0.9915)
    """
    require_positive("mean pairs", mean_pairs)
    if never_two:
        require_range("pair probability", mean_pairs, low=0.0, high=1.0)
    require_range("efficiency", (*memory_efficiency, *arm_efficiency), low=0.0, high=1.0)
    require_range("visibility", visibility, low=0.0, high=1.0)
    require_range("dark-count probability", dark_probability, low=0.0, high=0.5)
    at = _Stations(
        memory=memory_efficiency, arm=arm_efficiency, visibility=visibility, dark=dark_probability
    )
    light = _never_two if never_two else _squeezed
    m_a, m_b = memory_efficiency

    def moment(h: _Operators, v: _Operators) -> float:
        return 4.0 * light(mean_pairs, h, v, at)

    lost = (
        m_a * (1.0 - m_b) * moment((1, 0), (0, 0))
        + (1.0 - m_a) * m_b * moment((0, 1), (0, 0))
        + (1.0 - m_a) * (1.0 - m_b) * moment((0, 0), (0, 0))
    )
    equal = m_a * m_b * moment((1, 1), (0, 0)) + lost
    unequal = m_a * m_b * moment((1, 0), (0, 1)) + lost
    coherence = 4.0 * m_a * m_b * _coherence(mean_pairs, at, never_two=never_two)
    return LatchedSlot(
        pair=normalised(equal + coherence, x=unequal, y=unequal, z=equal - coherence),
        latch_probability=(
            m_a * moment((1, None), (0, None)) + (1.0 - m_a) * moment((0, None), (0, None)),
            m_b * moment((None, 1), (None, 0)) + (1.0 - m_b) * moment((None, 0), (None, 0)),
        ),
    )


def latched_round(
    slot: LatchedSlot, *, slot_period_s: Seconds, message_s: Seconds
) -> tuple[Probability, Seconds]:
    """Success probability and mean length of a round of the latched protocol.

    A round runs over slots until a station latches; it then stops and both learn of each other's
    outcome T_c later, keep the pair if both latched the same slot, and begin anew. With slots of
    tau, p the probability that both latch and s that at least one does:

        success of a round p / s,   mean length tau / s + T_c,   mean rate p / (tau + s T_c)

    for any correlation of the two stations; independent ones have p = p_A p_B and
    s = 1 - (1-p_A)(1-p_B). Source: the protocol of arXiv:1505.01536, Sec. II; the renewal argument
    is in `docs/decisions/0004-midpoint-source.md`.

    Raises:
        DomainError: a time is out of range.

    Example:
        >>> slot = midpoint_source(
        ...     mean_pairs=0.01, memory_efficiency=(0.5, 0.5), arm_efficiency=(0.1, 0.1)
        ... )
        >>> p, period_s = latched_round(slot, slot_period_s=1e-6, message_s=1e-4)
        >>> round(p, 4), round(1e3 * period_s, 3)
        (0.0128, 2.126)
    """
    require_positive("slot period", slot_period_s)
    require_non_negative("message time", message_s)
    either = slot.either
    return (
        min(slot.pair.success_probability / either, 1.0),
        slot_period_s / either + message_s,
    )


def _squeezed(mu: Ratio, h: _Operators, v: _Operators, at: _Stations) -> float:
    return _squeezed_mode(mu / 2.0, h, at) * _squeezed_mode(mu / 2.0, v, at)


def _squeezed_mode(n: Ratio, operators: _Operators, at: _Stations) -> float:
    """<O_a O_b> of one polarisation, a sum over what each operator does to G."""
    left, right = (_terms(k, at.visibility[i], at.dark[i]) for i, k in enumerate(operators))
    return math.fsum(
        one.weight * other.weight * _gaussian(n, at.arm, one, other)
        for one in left
        for other in right
    )


class _Act(enum.Enum):
    """What a term does to G in its variable."""

    VALUE = enum.auto()  # G(x)
    SLOPE = enum.auto()  # -dG/dx at x = 1/2
    DROP = enum.auto()  # G(1/2) - G(1): light in one port and none in the other


@dataclass(frozen=True, slots=True, kw_only=True)
class _Term:
    weight: Ratio
    act: _Act
    x: Ratio = 0.5


def _terms(photons: int | None, v: Ratio, d: Probability) -> tuple[_Term, ...]:
    if photons is None:
        return (_Term(weight=1.0, act=_Act.VALUE, x=0.0),)
    if photons == 0:
        return (
            _Term(weight=1.0 - d, act=_Act.DROP),
            _Term(weight=(1.0 - d) * d, act=_Act.VALUE, x=1.0),
        )
    return (
        _Term(weight=(1.0 - d) / 2.0, act=_Act.VALUE),
        _Term(weight=(1.0 - d) * v / 4.0, act=_Act.SLOPE),
    )


def _gaussian(n: Ratio, arm: tuple[Ratio, Ratio], left: _Term, right: _Term) -> float:
    """Both terms on G. Every summand is positive: differences are taken before rounding can.

    In Y, 1/G(x, Y) = a + b Y. A slope or a drop in x leaves c (1 - Y) / (p + q Y + r Y^2).
    """
    s_a, s_b = arm
    y, beyond = right.x * s_b, s_b
    x = left.x * s_a
    a, b = 1.0 + n * x, n * (1.0 - x)
    if left.act is _Act.VALUE:
        below = a + b * y
        match right.act:
            case _Act.VALUE:
                return 1.0 / below
            case _Act.SLOPE:
                return s_b * b / below**2
            case _Act.DROP:
                return s_b / 2.0 * b / (below * (a + b * beyond))
    c, x = (n * s_a, x) if left.act is _Act.SLOPE else (n * s_a / 2.0, s_a)
    a_2, b_2 = 1.0 + n * x, n * (1.0 - x)
    p, q, r = a * a_2, a * b_2 + a_2 * b, b * b_2
    below = p + q * y + r * y**2
    match right.act:
        case _Act.VALUE:
            return c * (1.0 - y) / below
        case _Act.SLOPE:
            return c * s_b * (p + q + r * y * (2.0 - y)) / below**2
        case _Act.DROP:
            after = p + q * beyond + r * beyond**2
            return c * s_b / 2.0 * (p + q + r * (y + beyond - y * beyond)) / (below * after)


def _never_two(q: Probability, h: _Operators, v: _Operators, at: _Stations) -> float:
    none = _fock_mode(h, at, pairs=0) * _fock_mode(v, at, pairs=0)
    in_h = _fock_mode(h, at, pairs=1) * _fock_mode(v, at, pairs=0)
    in_v = _fock_mode(h, at, pairs=0) * _fock_mode(v, at, pairs=1)
    return (1.0 - q) * none + q * (in_h + in_v) / 2.0


def _fock_mode(operators: _Operators, at: _Stations, *, pairs: int) -> float:
    """<O_a O_b> with no pair or one in this polarisation, each photon lost on its own."""
    product = 1.0
    for photons, s, v, d in zip(operators, at.arm, at.visibility, at.dark, strict=True):
        if photons is None:
            continue
        dark = (1.0 - d) * (d if photons == 0 else 0.5)
        bright = (1.0 - d) * (0.5 if photons == 0 else (1.0 + v) / 4.0)
        product *= dark if pairs == 0 else s * bright + (1.0 - s) * dark
    return product


def _coherence(mean_pairs: Ratio, at: _Stations, *, never_two: bool) -> float:
    light = math.prod(1.0 - d for d in at.dark) / 4.0
    light *= math.sqrt(math.prod((*at.visibility, *at.arm)))
    if never_two:
        return mean_pairs / 2.0 * light**2
    n, half = mean_pairs / 2.0, _Term(weight=1.0, act=_Act.VALUE)
    return n * (n + 1.0) * (light * _gaussian(n, at.arm, half, half) ** 2) ** 2
