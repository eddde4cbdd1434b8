"""Hardware to compile: one chain of each scheme, random chains, and a network around one link."""

from __future__ import annotations

from hypothesis import strategies as st

from interlace.link import Link, compile_link
from interlace.network import (
    BellStation,
    Cable,
    Device,
    Fibre,
    HardwareSource,
    HeraldedSource,
    LinkSpec,
    Machine,
    Memory,
    MicrowaveSource,
    MidpointSource,
    Network,
    PairSource,
    Switch,
    Transducer,
    TransductionSource,
)


def compiled(source: HardwareSource) -> Link:
    """The link between two machines of two qubits."""
    machines = tuple(
        Machine(name=n, site=None, device=Device(name="ideal:2", qubits=2), communication=(1,))
        for n in "ab"
    )
    spec = LinkSpec(name="a--b", ends=("a", "b"), channels=1, source=source)
    network = Network(name="two", sites=(), machines=machines, repeaters=(), links=(spec,))
    return compile_link(spec, network)


_CONVERTER = Transducer(efficiency=0.3, added_noise=0.01, bandwidth_hz=1e6, duty_cycle=0.1)
_ION = Memory(efficiency=0.2, bandwidth_hz=1e7)
_ARM = (Fibre(length_m=2e3), Switch(loss_db=1.0, fidelity_loss=0.01))
_STATION = BellStation(efficiency=0.9, dark_counts_hz=100.0, visibility=0.95)

EXAMPLES: tuple[HardwareSource, ...] = (
    HeraldedSource(
        scheme="single-click",
        left=_CONVERTER,
        left_path=_ARM,
        station=_STATION,
        right_path=_ARM[:1],
        right=_CONVERTER,
        bright_state=0.1,
        phase_noise_rad=0.1,
    ),
    HeraldedSource(scheme="double-click", left=_ION, left_path=_ARM, station=_STATION, right=_ION),
    MidpointSource(
        left=_ION,
        left_station=_STATION,
        left_path=_ARM,
        pairs=PairSource(mean_pairs=0.05, rate_hz=1e6, fidelity=0.99, efficiency=0.8),
        right_path=_ARM[:1],
        right_station=_STATION,
        right=_CONVERTER,
    ),
    TransductionSource(left=_CONVERTER, path=_ARM, right=_CONVERTER),
    MicrowaveSource(
        path=(
            Cable(
                length_m=30.0,
                loss_db_per_m=1e-3,
                loss_db=0.2,
                thermal_photons=0.02,
                efficiency=0.95,
                bandwidth_hz=1e7,
                duty_cycle=0.01,
            ),
        ),
        heralded=True,
    ),
)
"""One source of each scheme."""

emitters = st.builds(
    Transducer,
    efficiency=st.floats(1e-3, 1.0),
    added_noise=st.floats(0.0, 0.05),
    bandwidth_hz=st.floats(1e4, 1e9),
    duty_cycle=st.floats(1e-3, 1.0),
)
memories = st.builds(
    Memory,
    efficiency=st.floats(1e-3, 1.0),
    bandwidth_hz=st.floats(1e5, 1e9),
    duty_cycle=st.floats(1e-3, 1.0),
)
ends = emitters | memories
switches = st.builds(Switch, loss_db=st.floats(0.0, 3.0), fidelity_loss=st.floats(0.0, 0.2))
paths = st.lists(
    st.builds(Fibre, length_m=st.floats(0.0, 5e4)) | switches, min_size=0, max_size=3
).map(tuple)
stations = st.builds(
    BellStation,
    efficiency=st.floats(0.05, 1.0),
    dark_counts_hz=st.floats(0.0, 1e3),
    visibility=st.floats(0.0, 1.0),
    number_resolving=st.booleans(),
)
with_station = st.builds(
    HeraldedSource,
    scheme=st.sampled_from(["single-click", "double-click"]),
    left=ends,
    left_path=paths,
    station=stations,
    right_path=paths,
    right=ends,
    # up to 1/2: above, loss may raise the rate, turning two photons into one
    bright_state=st.floats(1e-3, 0.5),
    phase_noise_rad=st.floats(0.0, 1.0),
)
squeezed = st.builds(
    PairSource,
    mean_pairs=st.floats(1e-4, 0.1),
    rate_hz=st.floats(1e3, 1e8),
    fidelity=st.floats(0.5, 1.0),
    efficiency=st.floats(0.05, 1.0),
)
never_two = st.builds(
    PairSource, pair_probability=st.floats(1e-3, 1.0), rate_hz=st.floats(1e3, 1e8)
)
with_source = st.builds(
    MidpointSource,
    left=ends,
    left_station=stations,
    left_path=paths,
    pairs=squeezed | never_two,
    right_path=paths,
    right_station=stations,
    right=ends,
    # a memory that emits more rarely than the source makes a pair latches by two pairs instead
).filter(lambda c: min(c.left.efficiency, c.right.efficiency) >= (c.pairs.mean_pairs or 0.0))
transductions = st.builds(TransductionSource, left=emitters, path=paths, right=emitters)
cables = st.builds(
    Cable,
    length_m=st.floats(0.0, 1e3),
    loss_db_per_m=st.floats(0.0, 1e-2),
    loss_db=st.floats(0.0, 3.0),
    thermal_photons=st.floats(0.0, 0.1),
    efficiency=st.floats(0.1, 1.0),
    bandwidth_hz=st.floats(1e6, 1e8),
    duty_cycle=st.floats(1e-3, 1.0),
)
microwaves = st.builds(
    MicrowaveSource,
    path=st.tuples(cables) | st.tuples(cables, switches) | st.tuples(cables, switches, cables),
    heralded=st.booleans(),
)
chains = with_station | with_source | transductions | microwaves
"""Chains of every scheme, inside the range in which its laws are stated."""
