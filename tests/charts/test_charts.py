"""Charts: nothing overlaps for any shape of programme, the alt text says the numbers, same input gives same bytes."""

import itertools
import re
from dataclasses import dataclass
from urllib.parse import unquote
from xml.etree import ElementTree

import pandas as pd
import pytest
from brief_cases import Case, cases
from matplotlib.text import Text
from verdicts import made

from jalur import charts, ledger
from jalur.charts import parts as chart_parts
from jalur.monitor import Bar, Change
from jalur.verdict import measured
from jalur.words.format import LANGUAGES, Format

CASES = cases()


def fan(case, lang, narrow=False):
    return charts.fan_chart(case.verdict, case.figures, Format(lang), narrow, case.programme.reference_source)


def pace(case, lang, narrow=False):
    return charts.pace_chart(case.verdict, Format(lang), case.programme.noun[lang], narrow)


@dataclass(frozen=True)
class Drawn:
    """Both charts of a case, by language and width, with their alt texts."""

    case: Case
    fan: dict
    pace: dict


@pytest.fixture(scope="module", params=sorted(CASES))
def drawn(request):
    """Drawn once for the tests that look at them, one case after another."""
    case, shapes = CASES[request.param], list(itertools.product(LANGUAGES, (False, True)))
    return Drawn(case, *({shape: draw(case, *shape) for shape in shapes} for draw in (fan, pace)))


def test_no_label_overlaps_or_leaves_the_fan_and_the_pace_chart(drawn):
    for shape, (figure, _) in [*drawn.fan.items(), *drawn.pace.items()]:
        assert charts.overlaps(figure) == [], shape


def test_an_overlap_and_a_label_outside_are_found():
    figure, ax = chart_parts.canvas(80, 40, 2, 2, 2, 2)
    ax.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[])
    ax.text(0.4, 0.5, "first label")
    ax.text(0.42, 0.5, "second label")
    ax.text(0.95, 0.1, "a label that leaves the figure")
    found = charts.overlaps(figure)
    assert ("first label", "second label") in found
    assert ("a label that leaves the figure", "outside") in found


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_alt_text_says_figures_targets_and_projection(drawn, lang):
    case, fmt = drawn.case, Format(lang)
    alt = drawn.fan[lang, False][1]
    for m in case.plain["milestones"]:
        assert fmt.exact(m["target"]) in alt
        if m["median"] is not None:
            assert charts.scale_of(case.verdict, case.figures, fmt).words(m["median"]) in alt
    if len(case.figures):
        last = case.figures.iloc[-1]
        assert fmt.published(last["value"], int(last["decimals"])) in alt


@pytest.mark.parametrize(("lang", "more"), [("en", "more than {}"), ("id", "lebih dari {}")])
def test_a_floor_is_labelled_as_more_than_its_number(lang, more):
    case, fmt = CASES["umkm"], Format(lang)
    frame = case.figures.assign(qualifier="exact")
    first, last = (fmt.published(row["value"], row["decimals"]) for _, row in frame.iloc[[0, -1]].iterrows())

    def shown():
        figure, alt = charts.fan_chart(case.verdict, frame, fmt)
        return [t.get_text() for t in figure.axes[0].texts if last in t.get_text()], alt

    labels, alt = shown()
    assert more.partition("{")[0] not in alt + "".join(labels)
    frame.loc[frame.index[[0, -1]], "qualifier"] = "at_least"
    labels, alt = shown()
    assert [more.format(last) in words for words in labels] == [True]
    assert more.format(last) in alt
    assert more.format(first) in alt


def digits(text):
    return sorted(re.findall(r"\d+", text.replace(".", "").replace(",", "")))


def test_both_languages_say_the_same_numbers(drawn):
    for chart in (drawn.fan, drawn.pace):
        assert digits(chart["en", False][1]) == digits(chart["id", False][1])


def test_value_axes_start_at_zero(drawn):
    assert drawn.fan["en", False][0].axes[0].get_ylim()[0] == 0
    assert drawn.pace["en", False][0].axes[0].get_xlim()[0] <= 0


def test_a_falling_pace_is_written_on_its_own_side_of_zero():
    case = CASES["all_past"]
    verdict = case.plain | {"published_pace": [[12, "2024-06-30", 172e3], [6, "2024-12-31", -35e3]]}
    figure = charts.pace_chart(made(verdict), Format("en"), "UMKM")[0]
    sides = {t.get_text(): t.get_ha() for t in figure.axes[0].texts}
    assert (sides["172"], sides["\u221235"]) == ("left", "right")
    assert charts.overlaps(figure) == []


def test_marks_tell_published_projected_and_targets_apart_without_colour():
    ax = fan(CASES["umkm"], "en")[0].axes[0]
    marks = {line.get_marker() for line in ax.lines}
    styles = {line.get_linestyle() for line in ax.lines if line.get_marker() in ("None", None, "")}
    assert {"o", "D", 2} <= marks  # circles, diamonds, upward ticks
    assert {"-", "--"} <= styles  # fitted, projected


def test_no_projection_is_drawn_where_no_probability_can_be_given():
    ax = fan(CASES["one"], "en")[0].axes[0]
    assert not ax.collections or all(len(c.get_paths()) == 1 for c in ax.collections)
    assert not [line for line in ax.lines if line.get_linestyle() == "--"]


def test_the_same_chart_gives_the_same_bytes():
    assert charts.svg(fan(CASES["umkm"], "en")[0]) == charts.svg(fan(CASES["umkm"], "en")[0])
    assert charts.png(fan(CASES["umkm"], "en")[0], 60) == charts.png(fan(CASES["umkm"], "en")[0], 60)


def test_drawing_leaves_the_style_of_other_charts_alone():
    import matplotlib

    before = dict(matplotlib.rcParams)
    fan(CASES["umkm"], "en")
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize(
    ("centres", "sizes", "low", "high"),
    [([1, 1, 1], [2, 2, 2], 0, 20), ([0, 19], [4, 4], 0, 20), ([5, 6, 15], [6, 2, 3], 0, 20), ([10], [4], 0, 20)],
)
def test_labels_on_a_line_keep_apart_and_stay_inside(centres, sizes, low, high):
    placed = chart_parts.spread(centres, sizes, low, high, gap=0.5)
    order = sorted(range(len(placed)), key=lambda k: placed[k])
    for a, b in itertools.pairwise(order):
        assert placed[b] - placed[a] >= (sizes[a] + sizes[b]) / 2 + 0.5 - 1e-6
    assert min(p - s / 2 for p, s in zip(placed, sizes, strict=True)) >= low - 1e-6
    assert max(p + s / 2 for p, s in zip(placed, sizes, strict=True)) <= high + 1e-6


def test_ticks_are_even_and_reach_the_top():
    assert chart_parts.ticks_to(41.1, 5) == [0, 10, 20, 30, 40, 50]
    assert chart_parts.ticks_to(5.0, 4, low=-2.0) == [-2, 0, 2, 4, 6]


def record():
    rows = []
    for vintage in ("2022-03-31", "2022-12-31", "2023-12-31"):
        for day, target, value in (
            ("2022-12-31", 20e6, 20.76e6),
            ("2023-12-31", 24e6, 25.29e6),
            ("2024-12-31", 30e6, None),
        ):
            middle = target * 1.03
            rows.append(
                {
                    "vintage": vintage,
                    "date": day,
                    "target": target,
                    "ahead": day > vintage,
                    "probability": 0.6,
                    "median": middle,
                    "low_50": middle * 0.95,
                    "high_50": middle * 1.05,
                    "low_90": middle * 0.85,
                    "high_90": middle * 1.2,
                    "outcome_value": value,
                    "outcome_date": day if value else None,
                    "outcome_id": "x",
                    "outcome_rule": "reference_figure" if value else "none",
                    "held_90": True if value else None,
                    "outcome_reported": pd.Timestamp(day) if value else pd.NaT,
                }
            )
    return pd.DataFrame(rows)


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_record_chart(lang, narrow):
    figure, alt = charts.record_chart(record(), Format(lang), "2022-03-31", narrow)
    assert charts.overlaps(figure) == []
    assert "60%" in alt
    texts = [t.get_text() for ax in figure.axes for t in ax.texts]
    assert sum(t == Format(lang).say("record.known") for t in texts) == 3  # published by the vintage of that row


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_charts_of_the_notebooks(lang, narrow):
    fmt, case = Format(lang), CASES["umkm"]
    verdict, found = case.plain, measured.record()
    rows = [
        {"year": 2020, "official": 10.2e6, "survey": 2.36e6, "known": True, "decimals": 1},
        {"year": 2021, "official": 17.25e6, "survey": 2.87e6, "known": False, "decimals": 2},
        {"year": 2022, "official": None, "survey": 2.99e6, "known": False, "decimals": None},
    ]

    class Straight:
        def __init__(self, slope):
            self.slope = slope

        def predict(self, t):
            return 8e6 + self.slope * (t - 2020)

    bars = [
        ("Who can join", 0.01, 0.5, "micro and small firms outside agriculture", ""),
        ("Source", 0.3, 0.6, "without KemenKopUKM", "without Presiden"),
        ("Figure", 0.49, 0.51, "a", "b"),
    ]
    ceilings = [18e6, 30e6, 60e6, 120e6]
    drawn = [
        charts.definition_chart(rows, fmt, "UMKM", narrow),
        charts.evidence_chart(
            case.figures, list(case.figures["id"][::2]), fmt, "KemenKopUKM", verdict["milestones"], narrow
        ),
        charts.curves_chart(
            case.figures,
            {"logistic": Straight(4e6), "gompertz": Straight(4.1e6), "saturating": Straight(9e6)},
            fmt,
            "2024-12-31",
            verdict["milestones"],
            narrow,
        ),
        charts.profile_chart(
            {"logistic": (ceilings, [3.0, 1.0, 0.0, 0.0]), "gompertz": (ceilings, [5.0, 2.0, 0.3, 0.1])},
            fmt,
            "UMKM",
            narrow,
        ),
        charts.passage_chart(made(verdict), fmt, narrow),
        charts.tornado_chart(bars, 0.497, fmt, 30e6, narrow),
        charts.reliability_chart(found["methods"]["jalur"]["reliability"], fmt, narrow),
        charts.coverage_chart([(k, m["coverage_90"]) for k, m in found["methods"].items()], fmt, 0.9, narrow),
    ]
    for figure, alt in drawn:
        assert charts.overlaps(figure) == []
        assert re.search(r"\d", alt)
        assert alt.endswith(".")
    assert len({alt for _, alt in drawn}) == len(drawn)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_ends_of_a_swing_at_the_edge_are_named_inside_the_picture(lang):
    """Seen in print, where the type is a little wider than on the canvas that places it."""
    fmt, name = Format(lang), "micro and small firms outside agriculture"
    bars = [("capacity", 0.001, 0.43, name, "x"), ("window", 0.27, 0.997, "from 1 Oct 2021", name)]
    figure, alt = charts.tornado_chart(bars, 0.43, fmt, 30e6)
    figure.set_dpi(200)
    assert charts.overlaps(figure) == []
    words = [text.get_text() for text in figure.findobj(Text)]
    assert {"<1%", ">99%"} <= set(words)
    assert words.count(name) == 2
    assert fmt.exact(30e6) in alt


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_waterfall_leads_from_one_chance_to_the_other(lang, narrow):
    fmt = Format(lang)
    body = "Kementerian Koordinator Bidang Perekonomian dan Kemaritiman"
    bars = [
        Bar("targets", (), "", "", (20e6, 24e6, 30e6), 0.31),
        Bar("new", ("a", "b"), "2022-05-12", body, (18.5e6, 27e6), -0.7),
        Bar("new", ("c",), "2022-06-12", "Kominfo", (19e6,), 0.0),
    ]
    figure, alt = charts.waterfall_chart(
        Change("p", ("2022-03-31", "2022-12-31"), 0.64, 0.25, tuple(bars), True), fmt, narrow
    )
    figure.set_dpi(200)
    assert charts.overlaps(figure) == []
    for words in (fmt.percent(0.64), fmt.percent(0.25), "+31", "\u221270", body):
        assert words in alt
    (ax,) = figure.axes
    boxes = [patch for patch in ax.patches if patch.get_width()]
    assert [box.get_x() for box in boxes] == pytest.approx([64, 25])
    assert [box.get_x() + box.get_width() for box in boxes] == pytest.approx([95, 95])
    assert boxes[0].get_facecolor() != boxes[1].get_facecolor()


VINTAGES = ("2021-12-31", "2022-03-31", "2022-12-31", "2023-12-31", "2024-12-31")


@pytest.mark.slow
@pytest.mark.parametrize("name", ledger.programmes())
def test_no_label_overlaps_for_any_real_programme_and_vintage(programmes, name):
    from jalur.verdict.case import Case
    from jalur.verdict.judge import judge

    programme = programmes(name)
    for vintage in VINTAGES:
        verdict = judge(Case.of(programme, vintage), sensitivity=False)
        figures = ledger.select(programme, vintage)
        rows = ledger.as_of(programme.observations, vintage)
        rows = rows[rows["unit"] == programme.unit]
        for lang in LANGUAGES:
            fmt = Format(lang)
            for narrow in (False, True):
                drawn = [
                    charts.fan_chart(made(verdict), figures, fmt, narrow, programme.reference_source),
                    charts.pace_chart(made(verdict), fmt, programme.noun[lang], narrow),
                ]
                if len(rows):
                    drawn.append(
                        charts.evidence_chart(rows, list(figures["id"]), fmt, programme.reference_source, narrow=narrow)
                    )
                if verdict.first_passage:
                    drawn.append(charts.passage_chart(verdict, fmt, narrow))
                for figure, _ in drawn:
                    assert charts.overlaps(figure) == [], (name, vintage, lang, narrow)


@pytest.mark.parametrize("name", CASES)
def test_a_data_address_holds_the_whole_picture_in_less_room(name):
    """Every path and glyph is still drawn, at the same place to a hundredth; nothing needs an escape in HTML."""
    figure = fan(CASES[name], "en")[0]
    whole, address = charts.svg(figure).decode(), chart_parts.data_address(figure)
    assert len(address) < 0.7 * 4 / 3 * len(whole)
    assert not set(address) & set('<>"& \n')
    text = unquote(address.removeprefix("data:image/svg+xml,"))
    ElementTree.fromstring(text)
    for mark in ("<path", "<use", "<text", "clip-path="):
        assert text.count(mark) == whole.count(mark)
    number = re.compile(r"-?\d+\.?\d*")
    for one, other in zip(re.findall(r" d=\"([^\"]*)\"", whole), re.findall(r" d='([^']*)'", text), strict=True):
        assert re.findall("[A-Za-z]", one) == re.findall("[A-Za-z]", other)
        pairs = zip(number.findall(one), number.findall(other), strict=True)
        assert all(abs(float(a) - float(b)) <= 0.01 for a, b in pairs)
    names = re.findall(r" id='([^']*)'", text)
    assert len(set(names)) == len(names)
    assert set(re.findall(r"(?:href='#|url\(#)([^')]+)", text)) == set(names)
