"""One programme, one question, one answer."""
