"""One programme, one question, one answer."""

# Only `model`, which words, charts and the brief know, is imported with the room: the rest brings the engine, which
# those who show a verdict do not need.
from jalur.verdict.model import SCHEMA_VERSION, Milestone, Verdict, probability_class

__all__ = ["SCHEMA_VERSION", "Milestone", "Verdict", "probability_class"]
