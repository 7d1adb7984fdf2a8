"""Numbers, dates and sentences in Indonesian and English.

`Format(lang)` writes a number or a date as a reader of that language writes it, and finds a sentence in the
catalogue (`locale/<lang>.yml`). Both languages have the same keys and the same placeholders; loading checks it.
Indonesian uses the magnitude words *juta* and *ribu*, never the letter M, which reads as *miliar* (billion).
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal
from markupsafe import Markup

from jalur.dates import to_date
from jalur.errors import InputError
from jalur.verdict.model import probability_class, ruled_out, sure

LOCALES = {"en": "en_GB", "id": "id_ID"}
LANGUAGES = tuple(LOCALES)
NBSP = "\u00a0"

# Upper bound of a probability -> key of the odds in words; no key spans two classes, and no fraction leaves its class.
ODDS = (
    (0.005, "1_200"),
    (0.015, "1_100"),
    (0.025, "1_50"),
    (0.04, "1_30"),
    (0.07, "1_20"),
    (0.1, "1_12"),
    (0.13, "1_10"),
    (0.155, "1_7"),
    (0.18, "1_6"),
    (0.225, "1_5"),
    (0.275, "1_4"),
    (0.33, "3_10"),
    (0.365, "1_3"),
    (0.45, "2_5"),
    (0.55005, "1_2"),
    (0.64, "3_5"),
    (0.66, "2_3_under"),
    (0.69, "2_3"),
    (0.725, "7_10"),
    (0.775, "3_4"),
    (0.85, "4_5"),
    (0.9, "7_8"),
    (0.925, "9_10"),
    (0.965, "19_20"),
    (0.985, "49_50"),
    (0.995, "99_100"),
    (1.01, "199_200"),
)


def placeholders(text: str) -> set[str]:
    """Names of the replacement fields in a catalogue entry."""
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat |= _flatten(value, name + ".")
        else:
            flat[name] = str(value)
    return flat


def mismatches(catalogues: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Differences between the languages: keys that one lacks, placeholders that do not agree."""
    first, *others = catalogues
    found = []
    for other in others:
        a, b = catalogues[first], catalogues[other]
        found += [f"{key}: only in {first}" for key in a.keys() - b.keys()]
        found += [f"{key}: only in {other}" for key in b.keys() - a.keys()]
        found += [
            f"{key}: placeholders {sorted(placeholders(a[key]))} in {first}, {sorted(placeholders(b[key]))} in {other}"
            for key in a.keys() & b.keys()
            if placeholders(a[key]) != placeholders(b[key])
        ]
    return sorted(found)


@lru_cache(maxsize=1)
def catalogues() -> dict[str, dict[str, str]]:
    """The sentences of every language, read once; refuses catalogues that do not agree."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C loader reads them in a few milliseconds
    folder = files("jalur.words") / "locale"
    read = {
        lang: _flatten(
            {
                key: words
                for name in (lang, f"notebooks.{lang}", f"explore.{lang}", f"office.{lang}")
                for key, words in yaml.load((folder / f"{name}.yml").read_text(encoding="utf-8"), Loader=loader).items()  # noqa: S506 (a safe loader)
            }
        )
        for lang in LANGUAGES
    }
    wrong = mismatches(read)
    if wrong:
        raise InputError(f"The message catalogues do not agree: {'; '.join(wrong[:5])}.")
    return read


@lru_cache(maxsize=len(LANGUAGES))
def prose(lang: str) -> dict[str, dict[str, str]]:
    """The text between the outputs of the notebooks in one language: notebook, then id of the cell, then Markdown.

    It stands in files of its own (`locale/prose.<lang>.yml`), since only who executes a notebook needs it.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    file = files("jalur.words") / "locale" / f"prose.{lang}.yml"
    content = yaml.load(file.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 (a safe loader)
    shared = content["shared"]

    def filled(text: str) -> str:
        for name, words in shared.items():
            text = text.replace(f"[{name}]", words)
        return text

    return {
        notebook: {cell: filled(text) for cell, text in cells.items()}
        for notebook, cells in content["notebooks"].items()
    }


def capital(words: str) -> str:
    """First letter in upper case, the rest as it is."""
    return words[:1].upper() + words[1:]


def half_up(value: float, decimals: int = 0) -> Decimal:
    """Round once, halves away from zero; Babel alone rounds half to even (17.25 -> 17.2)."""
    return Decimal(str(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


@dataclass(frozen=True)
class Scale:
    """One magnitude for all numbers of a chart or a table: divide by `divisor`, say `word`, print `decimals`."""

    fmt: Format
    divisor: float
    word: str
    decimals: int

    def number(self, value: float, decimals: int | None = None) -> str:
        """The bare number in this magnitude."""
        return self.fmt.number(value / self.divisor, self.decimals if decimals is None else decimals)

    def words(self, value: float, decimals: int | None = None) -> str:
        """The number with its magnitude word."""
        return self.number(value, decimals) + (NBSP + self.word if self.word else "")

    def span(self, low: float, high: float) -> str:
        """A range, without the magnitude word."""
        return f"{self.number(low)}\u2013{self.number(high)}"

    def trimmed(self, value: float) -> str:
        """As few decimals as say the number exactly, at most two."""
        scaled = value / self.divisor
        return self.fmt.number(scaled, next((d for d in (0, 1) if abs(scaled - round(scaled, d)) < 5e-4), 2))

    def fitting(self, top: float) -> Scale:
        """The same scale, or a smaller one where numbers up to `top` would lose their digits in it."""
        return self if abs(top) >= 0.1 * self.divisor else self.fmt.scale(top)

    def unit(self, noun: str) -> str:
        """Unit as an axis says it: "million UMKM", or "cooperatives" where no magnitude is used."""
        return f"{self.word} {noun}" if self.word else noun


class Format:
    """Writes numbers, dates and sentences in one language.

    Parameters
    ----------
    lang : str
        ``en`` or ``id``.
    """

    def __init__(self, lang: str) -> None:
        if lang not in LOCALES:
            raise InputError(f"The language {lang!r} is not known; use one of {', '.join(LOCALES)}.")
        self.lang, self.locale = lang, LOCALES[lang]
        self.other = next(other for other in LOCALES if other != lang)
        self._words = catalogues()[lang]

    def towards(self, direction: str) -> Format:
        """The same language for a path that leads ``up`` or ``down``.

        Where it leads down, an entry of `falling` stands in for the entry of the same key, with the same values.
        """
        made, words = copy(self), catalogues()[self.lang]
        falling = {key: words.get(f"falling.{key}", said) for key, said in words.items()}
        made._words = falling if direction == "down" else words
        return made

    # sentences

    def say(self, key: str, **values: object) -> str:
        """Plain sentence `key` of the catalogue with its values filled in."""
        return self._words[key].format(**values)

    def html(self, key: str, **values: object) -> Markup:
        """Sentence `key` as markup: the catalogue may hold tags, every value is escaped unless it is markup."""
        return Markup(self._words[key]).format(**values)

    def has(self, key: str) -> bool:
        """Whether the catalogue holds `key`."""
        return key in self._words

    def counted(self, key: str, count: int, **values: object) -> str:
        """Sentence for a count: `key.one`, `key.two` where it exists, else `key.many`, with {n} spelled out."""
        form = "one" if count == 1 else "two" if count == 2 and self.has(f"{key}.two") else "many"
        return self.say(f"{key}.{form}", n=self.spelled(count), **values)

    def body(self, name: str, start: bool = False) -> str:
        """An issuing body in this language, with a capital at the start of a phrase; other names stay as they are."""
        own = self._words.get(f"body.{name}")
        return name if own is None else capital(own) if start else own

    def spelled(self, count: int) -> str:
        """Small whole numbers in words, larger ones in digits."""
        return self.say(f"number.{count}") if self.has(f"number.{count}") else self.number(count)

    def joined(self, items: Iterable[str]) -> str:
        """A list in words; decimal commas make the separator a semicolon in Indonesian."""
        items = list(items)
        if len(items) > 1 and any("," in item for item in items):
            return "; ".join(items)
        return format_list(items, locale=self.locale)

    # numbers

    def number(self, value: float, decimals: int = 0) -> str:
        """Fixed number of decimals, grouped thousands, true minus sign."""
        pattern = "#,##0" + ("." + "0" * decimals if decimals > 0 else "")
        text = format_decimal(half_up(value, decimals), pattern, locale=self.locale).replace("-", "\u2212")
        return text.removeprefix("\u2212") if not any(c in "123456789" for c in text) else text

    def scale(self, top: float) -> Scale:
        """Magnitude for numbers up to `top`: millions from a million, thousands from ten thousand."""
        top = abs(float(top))
        if top >= 999_500:
            return Scale(self, 1e6, self.say("magnitude.million"), 1 if top >= 1e7 else 2)
        if top >= 9_995:
            return Scale(self, 1e3, self.say("magnitude.thousand"), 0 if top >= 1e5 else 1)
        return Scale(self, 1.0, "", 0 if top >= 10 else 1)

    def level(self, value: float) -> str:
        """An estimated level: one decimal from ten million, otherwise what its size allows."""
        return self.scale(value).words(value)

    def amount(self, value: float) -> str:
        """A pace or an addition: whole thousands, two decimals from a million, three digits below ten thousand."""
        size = abs(value)
        if size >= 999_500:
            return self.scale(value).words(value, 2)
        if size >= 9_995:
            return self.scale(value).words(value, 0)
        if size >= 1000:
            return self.number(float(half_up(value, -1)))
        return self.number(value, 0 if size >= 10 or float(value).is_integer() else 1)

    def exact(self, value: float) -> str:
        """A target as announced: "30 million", "500 thousand", or all its digits."""
        for divisor, word in ((1e6, "million"), (1e3, "thousand")):
            scaled = value / divisor
            if abs(scaled) >= (1 if word == "million" else 10):
                for decimals in (0, 1, 2) if word == "million" else (0,):
                    if abs(scaled - round(scaled, decimals)) < 1e-9:
                        return f"{self.number(scaled, decimals)}{NBSP}{self.say('magnitude.' + word)}"
                break
        return self.number(value, 0 if float(value).is_integer() else 1)

    def published(self, value: float, decimals: int = 0) -> str:
        """A published figure with the digits it was stated with, two decimals of a million at most.

        Parameters
        ----------
        value : float
            In single units.
        decimals : int
            Decimals as stated, of single units: -4 for 17.59 million.
        """
        if abs(value) >= 1e6:
            return f"{self.number(value / 1e6, min(max(6 + int(decimals), 0), 2))}{NBSP}{self.say('magnitude.million')}"
        if abs(value) >= 1e4 and decimals <= -3:
            return f"{self.number(value / 1e3)}{NBSP}{self.say('magnitude.thousand')}"
        return self.number(value, max(int(decimals), 0))

    def stated(self, row: Any) -> str:
        """A figure (value, decimals, qualifier) as it was stated: "17.59 million", "more than 17 million"."""
        value = self.published(float(row.value), int(row.decimals))
        return self.say("span.more", value=value) if row.qualifier == "at_least" else value

    def percent(self, share: float, certain: bool = False) -> str:
        """Whole per cent. Below half a per cent "<1%", from 99.5 % on ">99%", unless the outcome is `certain`."""
        if not certain:
            if ruled_out(share):
                return "<1%"
            if sure(share):
                return ">99%"
        return f"{self.number(100 * share)}%"

    def percent_span(self, low: float, high: float) -> str:
        """A range of probabilities; one number where both ends print alike."""
        a, b = self.percent(low), self.percent(high)
        if a == b:
            return a
        if a[0] in "<>" or b[0] in "<>":
            return self.say("span.between", low=a, high=b)
        return f"{a[:-1]}\u2013{b}"

    def span(self, low: float, high: float, decimals: int = 1) -> str:
        """A range of plain numbers."""
        return f"{self.number(low, decimals)}\u2013{self.number(high, decimals)}"

    def odds(self, probability: float) -> str:
        """Odds in words: "about one in three"."""
        return self.say("odds." + next(key for bound, key in ODDS if probability < bound))

    # dates

    def day(self, when: Any) -> str:
        """31 March 2022 / 31 Maret 2022."""
        return format_date(to_date(when), "d MMMM y", locale=self.locale)

    def short_day(self, when: Any) -> str:
        """31 Mar 2022 / 31 Mar 2022."""
        return format_date(to_date(when), "d MMM y", locale=self.locale)

    def month(self, when: Any) -> str:
        """March 2022 / Maret 2022."""
        return format_date(to_date(when), "MMMM y", locale=self.locale)

    def short_month(self, when: Any) -> str:
        """Mar 2022 / Mar 2022."""
        return format_date(to_date(when), "MMM y", locale=self.locale)

    def by(self, when: Any) -> str:
        """A deadline as one says it: "the end of 2022", "akhir 2022", or the day."""
        when = to_date(when)
        if (when.month, when.day) == (12, 31):
            return self.say("date.year_end", year=when.year)
        return self.day(when)

    def brief_date(self, when: Any) -> str:
        """A deadline in a table head: "2022" for the end of a year, else "17 Aug 2024"."""
        when = to_date(when)
        return str(when.year) if (when.month, when.day) == (12, 31) else self.short_day(when)

    def deadlines(self, dates: Iterable[Any]) -> str:
        """Several deadlines: "the end of 2022, 2023 and 2024", or the days."""
        days = [to_date(when) for when in dates]
        if all((d.month, d.day) == (12, 31) for d in days):
            return self.say("date.year_end", year=self.joined([str(d.year) for d in days]))
        return self.joined([self.day(d) for d in days])

    # targets

    def path(self, targets: Iterable[float]) -> str:
        """The milestones of a path: "20 → 24 → 30 million"."""
        values = list(targets)
        words = [self.exact(value) for value in values]
        tails = {word.rpartition(NBSP)[2] if NBSP in word else "" for word in words}
        if len(tails) == 1:
            words = [word.rpartition(NBSP)[0] or word for word in words[:-1]] + words[-1:]
        return " \u2192 ".join(words)

    def verdict(
        self,
        probability: float,
        milestones: int,
        past: bool = False,
        emphasis: bool = False,
        certain: bool = False,
    ) -> Markup:
        """The verdict sentence of a probability.

        Parameters
        ----------
        probability : float
            That every milestone is met on time.
        milestones : int
            How many milestones the path has.
        past : bool
            Whether the last deadline has passed.
        emphasis : bool
            Set the number in bold.
        certain : bool
            Whether a probability of 0 or 1 is a fact and not an estimate.
        """
        clause = self.counted("verdict.clause_past" if past else "verdict.clause", milestones)
        number = Markup("<b>{}</b>" if emphasis else "{}").format(self.percent(probability, certain))
        key = "verdict.sentence." + probability_class(probability)
        return self.html(key, clause=clause, p=number, odds=self.odds(probability))

    def short_class(self, probability: float | None, status: str = "open") -> str:
        """The verdict of one milestone in a few words; `status` as in the verdict."""
        if status in ("met", "missed", "exceeds_capacity"):
            return self.say(f"status.{status}")
        return self.say("class." + probability_class(probability))
