"""jalur says whether an official adoption path is reachable, how likely, and what it would take.

The package computes, the notebooks narrate. Importing it loads nothing heavy; see `jalur.ledger.selection`,
`jalur.engine.outlook` and `jalur.verdict.judge` for the way from published figures to a verdict.
"""

from importlib.metadata import version

__version__ = version("jalur")
