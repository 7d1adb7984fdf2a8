"""Numbers, dates, sentences and tables in any language."""
