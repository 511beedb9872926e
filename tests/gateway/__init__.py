"""The test gateway; see server.py. By hand: `python -m tests.gateway --port 8900`."""

from tests.gateway.faults import API_FAULTS, FILE_FAULTS, LOST_SUBMITS, NAMED, RESULT_SHAPES, UNREADABLE, Fault, error
from tests.gateway.server import BROKE, MODELS, REVOKED, Gateway, Job, JobPlan, Seen

__all__ = [
    "API_FAULTS",
    "BROKE",
    "FILE_FAULTS",
    "LOST_SUBMITS",
    "MODELS",
    "NAMED",
    "RESULT_SHAPES",
    "REVOKED",
    "UNREADABLE",
    "Fault",
    "Gateway",
    "Job",
    "JobPlan",
    "Seen",
    "error",
]
