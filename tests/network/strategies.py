"""Random networks that keep every rule."""

from __future__ import annotations

from hypothesis import strategies as st

from interlace.network import (
    BellStation,
    Cable,
    Device,
    Fibre,
    GateProfile,
    GeometricSource,
    HeraldedSource,
    LinkSpec,
    LogicalDevice,
    Machine,
    Memory,
    MicrowaveSource,
    MidpointSource,
    Network,
    PairSource,
    PoissonSource,
    Readout,
    Repeater,
    Site,
    Switch,
    Transducer,
    TransductionSource,
    chosen_qubits,
    werner,
)
from interlace.network.sources import fibre_length


def numbers(low: float, high: float):
    return st.floats(low, high, allow_nan=False, allow_subnormal=False).map(lambda x: x + 0.0)


@st.composite
def couplings(draw, qubits: int):
    """A random tree, so that it is connected, and some more pairs."""
    tree = [(draw(st.integers(0, q - 1)), q) for q in range(1, qubits)]
    more = draw(
        st.lists(st.tuples(st.integers(0, qubits - 1), st.integers(0, qubits - 1)), max_size=4)
    )
    pairs = {(min(p), max(p)) for p in (*tree, *more) if p[0] != p[1]}
    return tuple(sorted(pairs))


@st.composite
def devices(draw, *, all_to_all: bool = False) -> Device:
    qubits = draw(st.integers(1, 7))
    if draw(st.booleans()):
        return Device(name=f"ideal:{qubits}", qubits=qubits)
    coupling = None if all_to_all or draw(st.booleans()) else draw(couplings(qubits))
    pairs = coupling if coupling is not None else tuple((0, q) for q in range(1, qubits))
    lifetimes = st.none() | numbers(1e-6, 1e3)
    per_qubit = st.lists(lifetimes, min_size=qubits, max_size=qubits).map(tuple)
    t1 = draw(st.just(()) | per_qubit | lifetimes.map(lambda t: (t,) * qubits))
    t2 = tuple(None if t is None else draw(numbers(1e-5, 2)) * t for t in t1)  # above 1 ps
    shares = st.lists(numbers(0, 1), min_size=qubits, max_size=qubits).map(tuple)
    return Device(
        name=draw(st.sampled_from(["chip", "yes", "1e3", "ideal:3x"])),
        qubits=qubits,
        coupling=coupling,
        gates=draw(st.just(()) | gates(pairs)),
        t1_s=t1,
        t2_s=draw(st.sampled_from([(), t2])),
        readout=draw(
            st.none()
            | st.builds(Readout, time_s=numbers(0, 1), error_0=shares, error_1=shares)
            | shares.map(lambda e: Readout(time_s=0.0, error_0=e, error_1=e))
        ),
    )


@st.composite
def gates(draw, pairs):
    times, errors = numbers(0, 1e-3), numbers(0, 0.5)
    exceptions = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    at = tuple(sorted((pair, draw(times), draw(errors)) for pair in exceptions))
    return (
        GateProfile(name="cz", time_s=draw(times), error=draw(errors), at=at),
        GateProfile(name="reset", time_s=draw(times), error=draw(errors)),
        GateProfile(name="u", time_s=draw(times), error=draw(errors)),
    )


@st.composite
def states(draw):
    if draw(st.booleans()):
        return werner(draw(numbers(0.25, 1)))
    weights = draw(st.lists(numbers(0.01, 1), min_size=4, max_size=4))
    return tuple(weight / sum(weights) for weight in weights)


def emitters(kind=Transducer):
    return st.builds(
        kind,
        efficiency=numbers(1e-6, 1),
        added_noise=numbers(0, 10),
        bandwidth_hz=numbers(1, 1e9),
        duty_cycle=numbers(1e-6, 1),
    )


def switches():
    return st.builds(Switch, loss_db=numbers(0, 50), fidelity_loss=numbers(0, 0.75))


def paths():
    fibre = st.builds(
        Fibre, length_m=numbers(0, 1e6), loss_db_per_m=numbers(0, 0.1), loss_db=numbers(0, 50)
    )
    return st.lists(fibre | switches(), max_size=2).map(tuple)


def stations():
    return st.builds(
        BellStation,
        efficiency=numbers(1e-6, 1),
        dark_counts_hz=numbers(0, 1e6),
        visibility=numbers(0, 1),
        number_resolving=st.booleans(),
    )


def pair_sources():
    figures = {
        "rate_hz": numbers(1, 1e9),
        "fidelity": numbers(0.25, 1),
        "efficiency": numbers(1e-6, 1),
    }
    return st.builds(PairSource, mean_pairs=numbers(1e-6, 10), **figures) | st.builds(
        PairSource, pair_probability=numbers(1e-6, 1), **figures
    )


def cables():
    return st.builds(
        Cable,
        length_m=numbers(0, 1e4),
        loss_db_per_m=numbers(0, 0.1),
        loss_db=numbers(0, 50),
        thermal_photons=numbers(0, 10),
        efficiency=numbers(1e-6, 1),
        bandwidth_hz=numbers(1, 1e9),
        duty_cycle=numbers(1e-6, 1),
    )


def hardware():
    ends = emitters() | emitters(Memory)
    chain = {
        "left": ends,
        "left_path": paths(),
        "station": stations(),
        "right_path": paths(),
        "right": ends,
    }
    return st.one_of(
        st.builds(HeraldedSource, scheme=st.just("double-click"), **chain),
        st.builds(
            HeraldedSource,
            scheme=st.just("single-click"),
            bright_state=numbers(1e-3, 0.9),
            phase_noise_rad=numbers(0, 3),
            **chain,
        ),
        st.builds(
            MidpointSource,
            left=ends,
            left_station=stations(),
            left_path=paths(),
            pairs=pair_sources(),
            right_path=paths(),
            right_station=stations(),
            right=ends,
        ),
        st.builds(TransductionSource, left=emitters(), path=paths(), right=emitters()),
        st.builds(
            MicrowaveSource,
            path=st.tuples(cables(), st.lists(cables() | switches(), max_size=2)).map(
                lambda drawn: (drawn[0], *drawn[1])
            ),
            heralded=st.booleans(),
        ),
    )


def sources():
    return st.one_of(
        st.builds(PoissonSource, rate_hz=numbers(1e-6, 1e9), state=states()),
        st.builds(
            GeometricSource,
            success_probability=numbers(1e-9, 1),
            attempt_period_s=numbers(1e-9, 1e3),
            state=states(),
        ),
        hardware(),
    )


@st.composite
def machines(draw, name: str, sites) -> Machine:
    device = draw(
        devices()
        | st.builds(
            LogicalDevice,
            name=st.just("patch"),
            qubits=st.integers(1, 5),
            code=st.just("surface"),
            distance=st.integers(1, 51),
            cycle_time_s=numbers(1e-9, 1e-3),
            logical_error_rate=numbers(0, 1),
        )
    )
    is_ideal = isinstance(device, Device) and device.name == f"ideal:{device.qubits}"
    count = draw(st.integers(1, device.qubits))
    some = st.sets(st.integers(0, device.qubits - 1), min_size=1).map(lambda s: tuple(sorted(s)))
    kinds = [some, st.just(chosen_qubits(device, count)), *([st.none()] if is_ideal else [])]
    communication = draw(st.one_of(kinds))
    return Machine(
        name=name, site=draw(st.sampled_from(sites)), device=device, communication=communication
    )


@st.composite
def repeaters(draw, name: str) -> Repeater:
    if draw(st.booleans()):
        device = Device(name="ideal", qubits=0)
        return Repeater(name=name, site=None, device=device, communication=None)
    device = draw(devices(all_to_all=True))
    return Repeater(name=name, site=None, device=device, communication=tuple(range(device.qubits)))


def wirings(end):
    some = [end.communication[:1], end.communication] if end.communication else []
    return st.sampled_from([None, *some])


@st.composite
def networks(draw) -> Network:
    sites = (
        Site(name="Köln", country="DE", lat_deg=50.94, lon_deg=6.96),
        Site(name="null", lat_deg=None, lon_deg=None),
    )
    names = ["m0", "isar", "null", "1e3", "vault-7"][: draw(st.integers(1, 5))]
    computers = tuple(draw(machines(name, ["Köln", "null", None])) for name in names)
    swappers = tuple(draw(repeaters(f"r{i}")) for i in range(draw(st.integers(0, 2))))
    nodes = (*computers, *swappers)
    links = []
    for index in range(1, len(nodes)):
        ends = (nodes[draw(st.integers(0, index - 1))], nodes[index])
        source = draw(sources())
        known = fibre_length(source)
        links.append(
            LinkSpec(
                name="--".join(end.name for end in ends),
                ends=tuple(end.name for end in ends),
                channels=draw(st.integers(1, 5)),
                source=source,
                length_m=draw(st.sampled_from([known, 12345.678])),
                wired=(draw(wirings(ends[0])), draw(wirings(ends[1]))),
            )
        )
    return Network(
        name=draw(st.sampled_from(["net", "three cities", "no: 1", "0x1F"])),
        sites=sites,
        machines=computers,
        repeaters=swappers,
        links=tuple(links),
    )
