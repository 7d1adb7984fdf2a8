"""What an office asks of its programmes: what moved, what would move it, and what to make of a claim or a promise."""

from jalur.monitor.changes import Bar, Change, previous_vintage, what_moved
from jalur.monitor.claims import Claim, TripWire, check_claim, leave_each_out, next_count, next_date, trip_wires
from jalur.monitor.plan import Delivery, Part, Sum, deliveries, read_parts, sums
from jalur.monitor.register import brier, resolve, seal, verify
from jalur.monitor.targets import HonestPath, earlier_targets, honest_paths

__all__ = [
    "Bar",
    "Change",
    "Claim",
    "Delivery",
    "HonestPath",
    "Part",
    "Sum",
    "TripWire",
    "brier",
    "check_claim",
    "deliveries",
    "earlier_targets",
    "honest_paths",
    "leave_each_out",
    "next_count",
    "next_date",
    "previous_vintage",
    "read_parts",
    "resolve",
    "seal",
    "sums",
    "trip_wires",
    "verify",
    "what_moved",
]
