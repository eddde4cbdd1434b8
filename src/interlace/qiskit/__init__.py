"""Qiskit's door: a network as a backend, and the primitives on it.

from interlace.qiskit import NetworkBackend, SamplerV2

backend = NetworkBackend("examples/three-cities.yaml")
job = SamplerV2(mode=backend).run([circuit])
job.result()[0].data.meas.get_counts()
print(job.reports[0])
"""

from interlace.qiskit.backend import NetworkBackend
from interlace.qiskit.estimator import EstimatorV2
from interlace.qiskit.job import NetworkJob, Progress
from interlace.qiskit.primitive import NetworkPrimitiveJob
from interlace.qiskit.sampler import SamplerV2

__all__ = [
    "EstimatorV2",
    "NetworkBackend",
    "NetworkJob",
    "NetworkPrimitiveJob",
    "Progress",
    "SamplerV2",
]
