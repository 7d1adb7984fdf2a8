"""Numbers, dates and sentences in the languages of the catalogues.

`Format(lang)` writes a number or a date as a reader of that language writes it, and finds a sentence in the
catalogue (`locale/<lang>.yml`). All languages have the same keys and the same placeholders; loading checks it.
Words for large numbers (million, miliar, lakh) are those of CLDR, through Babel.
"""

from __future__ import annotations

import math
import string
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

import yaml
from babel import Locale
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
THOUSAND, MILLION = 1e3, 1e6
INDIAN = {1e5: "lakh", 1e7: "crore"}
PERCENT = "percent"  # the unit of figures that are shares

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


@lru_cache(maxsize=16)
def magnitudes(locale: str) -> dict[float, dict[str, str]]:
    """Words for large numbers: divisor -> plural form -> word, as CLDR has them for the locale.

    Where numbers are grouped by lakh and crore and CLDR's long words are the international ones, the catalogue's words
    stand for its abbreviations of lakh and crore.
    """
    data = Locale.parse(locale)
    widths = data.compact_decimal_formats
    found: dict[float, dict[str, str]] = {}
    for form, patterns in (widths["long"] if "long" in widths else widths["short"]).items():
        for power, pattern in patterns.items():
            word = pattern.pattern.replace("0", "").strip(NBSP + " ")
            if word:
                found.setdefault(int(power) / 10 ** (pattern.pattern.count("0") - 1), {}).setdefault(form, word)
    if data.decimal_formats[None].grouping == (3, 2) and 1e5 not in found:
        own = catalogues()[data.language]
        found = {THOUSAND: found[THOUSAND]} | {d: {"other": own[f"magnitude.{key}"]} for d, key in INDIAN.items()}
    return found


def _share_decimals(top: float) -> int:
    """Decimals of a level in per cent: one, two below one per cent."""
    return 1 if top >= 1 else 2


def _points_decimals(size: float) -> int:
    """Decimals of a pace in percentage points: one from a point on, two below, more below a fiftieth; four at most."""
    if size >= 1 or size == 0:
        return 1
    return 2 if size >= 0.02 else min(1 - math.floor(math.log10(size)), 4)


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
        number = self.number(value, decimals)
        if not self.word or self.word == "%":
            return number + self.word
        shown = half_up(value / self.divisor, self.decimals if decimals is None else decimals)
        return number + NBSP + self.fmt.magnitude_word(self.divisor, shown, self.word)

    def span(self, low: float, high: float) -> str:
        """A range, without the magnitude word."""
        return f"{self.number(low)}\u2013{self.number(high)}"

    def trimmed(self, value: float) -> str:
        """As few decimals as say the number exactly, at most two, or as many as the scale has."""
        scaled, most = value / self.divisor, max(self.decimals, 2)
        near = 0.05 * 10.0**-most
        return self.fmt.number(scaled, next((d for d in range(most) if abs(scaled - round(scaled, d)) < near), most))

    def fitting(self, top: float) -> Scale:
        """The same scale, or a smaller one where numbers up to `top` would lose their digits in it."""
        return self if abs(top) >= 0.1 * self.divisor else self.fmt.scale(top)

    def unit(self, noun: str) -> str:
        """Unit as an axis says it: "million cooperatives", "% of homes", or the noun where no magnitude is used."""
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
        self.shares = False
        self.other = next(other for other in LOCALES if other != lang)
        self._words = catalogues()[lang]

    @cached_property
    def _grouping(self) -> str:
        """Pattern of whole numbers: by thousands, or by lakh and crore."""
        pattern: str = Locale.parse(self.locale).decimal_formats[None].pattern
        return pattern.partition(".")[0]

    def counting(self, unit: str, direction: str = "up") -> Format:
        """The same language for figures in a unit and a path that leads ``up`` or ``down``.

        Figures in `PERCENT` are written as shares, their changes in percentage points. An entry of `shares`, and where
        the path leads down one of `falling`, stands in for the entry of the same key, with the same values.
        """
        made, words = copy(self), catalogues()[self.lang]
        made.shares = unit == PERCENT
        for overlay in [*(["shares"] if made.shares else []), *(["falling"] if direction == "down" else [])]:
            words = {key: words.get(f"{overlay}.{key}", said) for key, said in words.items()}
        made._words = words
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
        pattern = self._grouping + ("." + "0" * decimals if decimals > 0 else "")
        text = format_decimal(half_up(value, decimals), pattern, locale=self.locale).replace("-", "\u2212")
        return text.removeprefix("\u2212") if not any(c in "123456789" for c in text) else text

    def magnitude_word(self, divisor: float, shown: Decimal, default: str = "") -> str:
        """The word for a magnitude after the number `shown`: Million or Millionen, by the language's plural rules."""
        forms = magnitudes(self.locale).get(divisor)
        return forms.get(Locale.parse(self.locale).plural_form(shown), forms["other"]) if forms else default

    def _magnitude(self, size: float) -> float:
        """The largest magnitude with a word that a number of this size reaches; 1 below ten thousand."""
        # A number that rounds up to a magnitude is said in it; thousands are said from ten of them on.
        reached = (d for d in magnitudes(self.locale) if size >= (9_995 if d == THOUSAND else 0.9995 * d))
        return max(reached, default=1.0)

    def scale(self, top: float) -> Scale:
        """Magnitude for numbers up to `top`: millions from a million, thousands from ten thousand; "%" for shares."""
        top = abs(float(top))
        if self.shares:
            return Scale(self, 1.0, "%", _share_decimals(top))
        divisor = self._magnitude(top)
        if divisor == 1:
            return Scale(self, 1.0, "", 0 if top >= 10 else 1)
        decimals = (0, 1) if divisor == THOUSAND else (1, 2)
        word = magnitudes(self.locale)[divisor]["other"]
        return Scale(self, divisor, word, decimals[top < (100 if divisor == THOUSAND else 10) * divisor])

    def pace_scale(self, values: Iterable[float]) -> Scale:
        """Magnitude for paces: that of the largest; percentage points, with two digits where needed, for shares."""
        top = max((abs(x) for x in values), default=1.0)
        if self.shares:
            return Scale(self, 1.0, self.say("unit.points"), _points_decimals(top))
        scale = self.scale(top)
        return Scale(self, scale.divisor, scale.word, 0 if scale.decimals == 0 or top / scale.divisor >= 20 else 1)

    def level(self, value: float) -> str:
        """An estimated level: one decimal from ten million, otherwise what its size allows."""
        if self.shares and float(value).is_integer():
            return self.exact(value)  # all of the eligible are 100%, not 100.0%
        return self.scale(value).words(value)

    def amount(self, value: float) -> str:
        """A pace or an addition: whole thousands, two decimals from a million, three digits below ten thousand.

        Of a share, percentage points with two digits where needed: "0.04 points".
        """
        size = abs(value)
        if self.shares:
            return Scale(self, 1.0, self.say("unit.points"), _points_decimals(size)).words(value)
        scale = self.scale(value)
        if scale.word:
            return scale.words(value, 0 if scale.divisor == THOUSAND else 2)
        if size >= 1000:
            return self.number(float(half_up(value, -1)))
        return self.number(value, 0 if size >= 10 or float(value).is_integer() else 1)

    def exact(self, value: float) -> str:
        """A target as announced: "30 million", "500 thousand", "75%", or all its digits."""
        if self.shares:
            return self.published(value, next((d for d in (0, 1) if abs(value - round(value, d)) < 1e-9), 2))
        for divisor in sorted(magnitudes(self.locale), reverse=True):
            scaled = value / divisor
            if abs(scaled) < (10 if divisor == THOUSAND else 1):
                continue
            for decimals in (0,) if divisor == THOUSAND else (0, 1, 2):
                if abs(scaled - round(scaled, decimals)) < 1e-9:
                    return self._worded(value, divisor, decimals)
            if divisor <= MILLION:
                break  # in a smaller magnitude it would be no shorter than in digits
        return self.number(value, 0 if float(value).is_integer() else 1)

    def published(self, value: float, decimals: int = 0) -> str:
        """A published figure with the digits it was stated with, two decimals of a million at most.

        Parameters
        ----------
        value : float
            In single units, or in per cent.
        decimals : int
            Decimals as stated, of single units: -4 for 17.59 million.
        """
        if self.shares:
            return f"{self.number(value, max(int(decimals), 0))}%"
        divisor = self._magnitude(0.9995 * abs(value))
        if divisor > THOUSAND:
            digits = len(str(int(divisor))) - 1
            return self._worded(value, divisor, min(max(digits + int(decimals), 0), 2))
        if divisor == THOUSAND and decimals <= -3:
            return self._worded(value, divisor, 0)
        return self.number(value, max(int(decimals), 0))

    def _worded(self, value: float, divisor: float, decimals: int) -> str:
        """A number in one magnitude, with its word."""
        return Scale(self, divisor, magnitudes(self.locale)[divisor]["other"], decimals).words(value)

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
