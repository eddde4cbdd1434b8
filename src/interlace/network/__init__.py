"""What exists: sites, machines, repeaters, links; read from a file and checked."""

from interlace.network.check import checked
from interlace.network.choice import chosen_qubits
from interlace.network.files import load_device, load_network, parse_network
from interlace.network.make import DEFAULT_LINK, SHAPES, make_network
from interlace.network.model import (
    BellState,
    BellStation,
    Device,
    Fibre,
    GateProfile,
    GeometricSource,
    HeraldedSource,
    LinkSpec,
    LogicalDevice,
    Machine,
    Network,
    Node,
    PoissonSource,
    Readout,
    Repeater,
    Site,
    Source,
    Transducer,
)
from interlace.network.schema import json_schema
from interlace.network.sources import werner
from interlace.network.spec import NetworkSpec
from interlace.network.summary import LinkRow, NetworkSummary, NodeRow, describe
from interlace.network.written import (
    dump_network,
    network_document,
    network_from_document,
    to_spec,
)

__all__ = [
    "DEFAULT_LINK",
    "SHAPES",
    "BellState",
    "BellStation",
    "Device",
    "Fibre",
    "GateProfile",
    "GeometricSource",
    "HeraldedSource",
    "LinkRow",
    "LinkSpec",
    "LogicalDevice",
    "Machine",
    "Network",
    "NetworkSpec",
    "NetworkSummary",
    "Node",
    "NodeRow",
    "PoissonSource",
    "Readout",
    "Repeater",
    "Site",
    "Source",
    "Transducer",
    "checked",
    "chosen_qubits",
    "describe",
    "dump_network",
    "json_schema",
    "load_device",
    "load_network",
    "make_network",
    "network_document",
    "network_from_document",
    "parse_network",
    "to_spec",
    "werner",
]
