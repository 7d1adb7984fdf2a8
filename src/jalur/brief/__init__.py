"""The two-page brief: results in, one accessible page out."""
