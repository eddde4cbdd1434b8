"""Networks made of graphs that others drew: GraphML and node-link JSON."""

from interlace.network.importing.conversion import ImportedNetwork, convert_graph, import_network
from interlace.network.importing.files import load_graph, parse_graph
from interlace.network.importing.graph import Graph, GraphEdge, GraphNode
from interlace.network.importing.wishes import ImportWishes, wished

__all__ = [
    "Graph",
    "GraphEdge",
    "GraphNode",
    "ImportWishes",
    "ImportedNetwork",
    "convert_graph",
    "import_network",
    "load_graph",
    "parse_graph",
    "wished",
]
