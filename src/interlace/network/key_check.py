"""What someone wrote of keys, checked: KMEs, SAEs, permits and QKD links.

An error names the path; `network.files` adds file and line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import UNSET

from interlace.arguments import Whole
from interlace.descriptions import below, did_you_mean, item
from interlace.errors import SpecError
from interlace.network.bounds import number
from interlace.network.connection import refuse_pieces
from interlace.network.geography import DETOUR_FACTOR, Place, great_circle
from interlace.network.key_model import (
    Equipment,
    KeyLink,
    KeyNetwork,
    Kme,
    Permit,
    QkdLink,
    Sae,
    Security,
)
from interlace.network.key_spec import QKD_PROTOCOLS, QkdSpec
from interlace.network.spec import LinkDescription, NetworkSpec
from interlace.units import Metres

__all__ = ["QKD_BLOCKS", "checked_keys", "checked_qkd"]

QKD_BLOCKS = Whole(1_000, 10**15)
"""Sifted bits that a block may have."""

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?")
_EBIT_KEYS = (
    "scheme", "chain", "bright_state", "phase_noise", "heralded", "rate", "success_probability",
    "attempt_period", "fidelity", "state", "wired",
)  # fmt: skip
_QKD_KEYS = ("loss", "insertion_loss")
_DARK = 'must be a rate, "600 Hz", or a chance a pulse, 6e-7: at this clock at most 0.1 a pulse'
_MOST_DARK = 0.1
_FIBRE_DB_PER_M = 2e-4


def checked_keys(spec: NetworkSpec) -> KeyNetwork | None:
    """The part of a description that is about keys; `None` if there is none.

    Raises:
        SpecError: a rule is broken; names path, value and rule.
    """
    _refuse_foreign_keys(spec)
    if not spec.kmes:
        permits = {} if spec.permits is UNSET else spec.permits
        for section, rows in (("saes", spec.saes), ("permits", permits)):
            if rows:
                raise SpecError("needs KMEs: describe them under `kmes`", path=section)
        return None
    _refuse_bad_names(spec)
    kmes = tuple(Kme(name=name, site=written.site) for name, written in spec.kmes.items())
    saes = tuple(_sae(name, spec) for name in spec.saes)
    links = tuple(
        _key_link(name, link, link.qkd, spec)
        for name, link in spec.links.items()
        if link.qkd is not None
    )
    _refuse_parallel(links)
    refuse_pieces([kme.name for kme in kmes], [link.ends for link in links])
    return KeyNetwork(kmes=kmes, saes=saes, permits=_permits(spec), links=links)


def checked_qkd(spec: QkdSpec, *, path: str = "qkd") -> QkdLink:
    """The QKD link that a description describes.

    Args:
        spec: as written.
        path: where it was written; errors name the key below it.

    Raises:
        SpecError: a rule is broken; names path, value and rule.

    Example:
        >>> link = checked_qkd(QkdSpec(protocol="one-decoy", clock="625 MHz", dark_counts="100 Hz"))
        >>> f"{link.equipment.dark_probability:.3g}"
        '1.6e-07'
    """
    if spec.protocol not in QKD_PROTOCOLS:
        rule = f"must be one of {', '.join(QKD_PROTOCOLS)}"
        raise SpecError(rule, value=spec.protocol, path=below(path, "protocol"))

    def value(key: str, kind: str) -> float:
        return number(getattr(spec, key), kind, path=below(path, key))

    clock_hz = value("clock", "pulse clock")
    block = None if spec.block is None else _block(spec.block, path=below(path, "block"))
    secrecy_per_bit = value("secrecy_per_bit", "failure")
    if block is not None and block * secrecy_per_bit > 1.0:
        rule = f"must be at most {1.0 / block:g}, 1 over the bits of a block"
        raise SpecError(rule, value=spec.secrecy_per_bit, path=below(path, "secrecy_per_bit"))
    return QkdLink(
        protocol=spec.protocol,
        block=block,
        equipment=Equipment(
            clock_hz=clock_hz,
            detector_efficiency=value("detector_efficiency", "detector efficiency"),
            dark_probability=_dark_probability(
                spec.dark_counts, clock_hz=clock_hz, path=below(path, "dark_counts")
            ),
            afterpulse_probability=value("afterpulse", "half"),
            misalignment=value("misalignment", "half"),
            inefficiency=value("error_correction", "inefficiency"),
        ),
        security=Security(
            correctness=value("correctness", "failure"),
            secrecy_per_bit=secrecy_per_bit,
        ),
    )


def _refuse_foreign_keys(spec: NetworkSpec) -> None:
    """Keys of one kind of link in the other."""
    for name, link in spec.links.items():
        here = below("links", name)
        if link.qkd is None:
            for end in name.split("--"):
                if end in spec.kmes:
                    rule = f"{end!r} is a KME: a link of KMEs needs the key 'qkd'"
                    raise SpecError(rule, value=name, path=here)
            for key in _QKD_KEYS:
                if getattr(link, key) is not None:
                    rule = "belongs to a link with `qkd`: a chain's fibre has its own"
                    raise SpecError(rule, value=getattr(link, key), path=below(here, key))
            continue
        for key in _EBIT_KEYS:
            if getattr(link, key) is not None:
                rule = "belongs to a link that makes ebits, and this one makes keys: remove it"
                raise SpecError(rule, value=getattr(link, key), path=below(here, key))
        if link.channels != 1:
            rule = "belongs to a link that makes ebits: a faster QKD link has a faster `clock`"
            raise SpecError(rule, value=link.channels, path=below(here, "channels"))


def _refuse_bad_names(spec: NetworkSpec) -> None:
    """Names go into certificates, URLs and folders, some of which know no capitals."""
    seen: dict[str, str] = {}
    sections = (("kmes", spec.kmes), ("saes", spec.saes))
    others = {re.sub(r"\W", "_", name).lower(): name for name in (*spec.machines, *spec.repeaters)}
    for section, names in sections:
        for name in names:
            here = below(section, name)
            if _NAME.fullmatch(name) is None or "--" in name or len(name) > 48:
                rule = "a name is letters a to z, digits, `_` and single `-` inside, at most 48"
                raise SpecError(rule, value=name, path=here)
            plain = name.replace("-", "_").lower()
            other = seen.get(plain) or others.get(plain)
            if other is not None:
                rule = f"is too much like {other!r}: rename one"
                raise SpecError(rule, value=name, path=here)
            seen[plain] = name


def _sae(name: str, spec: NetworkSpec) -> Sae:
    kme = spec.saes[name].kme
    if kme not in spec.kmes:
        rule = f"names a KME that is not there: {did_you_mean(kme, spec.kmes)}"
        raise SpecError(rule, value=kme, path=f"saes.{name}.kme")
    return Sae(name=name, kme=kme)


def _permits(spec: NetworkSpec) -> tuple[Permit, ...]:
    """Ordered pairs; everyone with everyone where the description does not have the key at all."""
    if spec.permits is UNSET:
        pairs = ((master, slave) for master in spec.saes for slave in spec.saes)
        return tuple(Permit(master=a, slave=b) for a, b in pairs if a != b)
    found: list[Permit] = []
    for master, slaves in spec.permits.items():
        here = below("permits", master)
        _demand_sae(master, spec.saes, here)
        for index, slave in enumerate(slaves):
            _demand_sae(slave, spec.saes, item(here, index))
            if slave == master or slave in slaves[:index]:
                rule = "is the master itself" if slave == master else "is named twice"
                raise SpecError(rule, value=slave, path=item(here, index))
            found.append(Permit(master=master, slave=slave))
    if not found:
        rule = "permits nobody anything: name pairs, or leave it out to permit all"
        raise SpecError(rule, path="permits")
    return tuple(found)


def _demand_sae(name: str, saes: Iterable[str], path: str) -> None:
    if name not in saes:
        rule = f"names an SAE that is not there: {did_you_mean(name, saes)}"
        raise SpecError(rule, value=name, path=path)


def _key_link(name: str, link: LinkDescription, qkd: QkdSpec, spec: NetworkSpec) -> KeyLink:
    here = below("links", name)
    ends = name.split("--")
    if len(ends) != 2:
        raise SpecError("a link is named after its two ends: a--b", value=name, path=here)
    left, right = ends
    for end in ends:
        if end not in spec.kmes:
            known = did_you_mean(end, spec.kmes)
            rule = f"{end!r} is no KME, and a link with `qkd` joins KMEs: {known}"
            raise SpecError(rule, value=name, path=here)
    if left == right:
        raise SpecError("joins a KME to itself", value=name, path=here)
    is_assumed = link.length is None and link.insertion_loss is None
    assumed_m = _air_length((left, right), spec) * DETOUR_FACTOR if is_assumed else 0.0
    if is_assumed and not assumed_m:
        rule = (
            "needs the key 'length', or 'insertion_loss' where only the loss is known, or ends at "
            "two sites with `lat` and `lon`"
        )
        raise SpecError(rule, path=here)
    return KeyLink(
        name=name,
        ends=(left, right),
        length_m=_or(link.length, "length", assumed_m, below(here, "length")),
        is_length_assumed=is_assumed,
        loss_db_per_m=_or(link.loss, "attenuation", _FIBRE_DB_PER_M, below(here, "loss")),
        loss_db=_or(link.insertion_loss, "loss", 0.0, below(here, "insertion_loss")),
        qkd=checked_qkd(qkd, path=below(here, "qkd")),
    )


def _air_length(ends: tuple[str, str], spec: NetworkSpec) -> Metres:
    """From site to site; 0 where a site or its coordinates are not known."""
    places: list[Place] = []
    for end in ends:
        site = spec.sites.get(spec.kmes[end].site or "")
        if site is None or site.lat is None or site.lon is None:
            return 0.0
        here = below("sites", spec.kmes[end].site or "")
        lat_deg = number(site.lat, "latitude", path=below(here, "lat"))
        places.append((lat_deg, number(site.lon, "longitude", path=below(here, "lon"))))
    return great_circle(places[0], places[1])


def _or(value: object, kind: str, default: float, path: str) -> float:
    return default if value is None else number(value, kind, path=path)


def _refuse_parallel(links: Iterable[KeyLink]) -> None:
    seen: dict[frozenset[str], str] = {}
    for link in links:
        other = seen.setdefault(frozenset(link.ends), link.name)
        if other != link.name:
            rule = f"joins the same KMEs as {other!r}: remove one"
            raise SpecError(rule, value=link.name, path=below("links", link.name))


def _block(value: object, *, path: str) -> int:
    read = number(value, "block", path=path)
    if read != int(read):
        raise SpecError("must be a whole number from 1e3 to 1e15", value=value, path=path)
    return int(read)


def _dark_probability(value: object, *, clock_hz: float, path: str) -> float:
    """Dark counts of a detector in one pulse: those of a clock period where a rate is given."""
    text = value.strip() if isinstance(value, str) else ""
    is_rate = text.endswith(("Hz", "/s"))
    read = number(value, "any frequency" if is_rate else "any number", path=path)
    chance = read / clock_hz if is_rate else read
    if not 0.0 <= chance <= _MOST_DARK:
        raise SpecError(_DARK, value=value, path=path)
    return chance
