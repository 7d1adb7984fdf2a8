"""Words and sentences of a text, for limits on their number."""

import re


def words_of(text):
    return re.findall(r"[\w{}%’'.,\u2013\u2192<>≥-]*\w[\w{}%’']*", text)


def sentences_of(text):
    return [s for s in re.split(r"(?<=[.?!:;])\s+", re.sub(r"<[^>]+>", "", text)) if s.strip()]
