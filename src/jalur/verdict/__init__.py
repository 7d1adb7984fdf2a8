"""One programme, one question, one answer: a `Case` is prepared once, and `judge` turns it into a `Verdict`.

`model` holds the results as data and is all that words, charts and the brief know; `case` the question; `judge` and
`projection` the answer; `sensitivity` and `scenarios` what would change it; `pace` and `labels` the arithmetic beside
it; `measured` the record that ships with the package. Only `model` is imported with the room: the rest brings the
engine, which those who show a verdict do not need.
"""

from jalur.verdict.model import SCHEMA_VERSION, Milestone, Verdict, probability_class

__all__ = ["SCHEMA_VERSION", "Milestone", "Verdict", "probability_class"]
