"""What each notebook shows."""

from jalur.study.study import Study

__all__ = ["Study"]
