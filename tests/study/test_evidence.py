"""Evidence: comparing bodies by hand on a small ledger, what is left out, one figure in words."""

from dataclasses import replace

import pandas as pd
import pytest

from jalur import ledger
from jalur.study import Study
from jalur.study.evidence import BodyGap, bodies_table, body_gaps, found
from jalur.verdict.case import Case
from jalur.words.format import Format


def test_gap_is_measured_to_the_nearest_figure_of_the_reference():
    figures = pd.DataFrame(
        [
            ("ours", "2021-01-01", 100.0, "approx"),
            ("ours", "2021-03-01", 200.0, "approx"),
            ("other", "2021-02-20", 220.0, "approx"),  # nearest: 200, ahead by a tenth
            ("other", "2021-07-01", 999.0, "approx"),  # no figure within 45 days
            ("other", "2021-01-02", 500.0, "at_least"),  # a floor is not compared
        ],
        columns=["speaker_org", "as_of", "value", "qualifier"],
    ).assign(as_of=lambda f: pd.to_datetime(f["as_of"]))
    other, ours = body_gaps(figures, "ours")
    assert (other.body, other.figures, other.pairs) == ("other", 3, 1)
    assert other.median == pytest.approx(0.1)
    assert ours.body == "ours"
    assert ours.median is None


def test_without_a_reference_no_gap_is_given():
    figures = pd.DataFrame(
        {"speaker_org": ["a"], "as_of": pd.to_datetime(["2021-01-01"]), "value": [1.0], "qualifier": ["exact"]}
    )
    assert body_gaps(figures, None)[0].median is None


def test_bodies_have_their_names_in_the_language_of_the_notebook():
    gaps = [BodyGap(body, 2, 0, None, None, None) for body in ("Presiden", "idEA")]
    for lang, name in (("en", "The President"), ("id", "Presiden")):
        rows = bodies_table(gaps, Format(lang), None).rows
        assert [row[0] for row in rows] == [name, "idEA"]  # a proper name keeps its small letter


# what is left out


def with_row(programme, like, **cells):
    """The programme with a copy of one of its rows, changed."""
    row = programme.observations[programme.observations["id"] == like].assign(**cells)
    row.index = row.index + len(programme.observations)
    return replace(programme, observations=pd.concat([programme.observations, row]))


def left_out(programme, vintage="2022-03-31"):
    study = Study(Case.of(programme, vintage), Format("en"))
    return study, study.evidence.left_out().data


@pytest.mark.parametrize("like", ["2020-05-12-kkukm-8", "2022-03-28-presiden-17.5"])
def test_a_row_published_later_is_not_among_those_known(programme, like):
    """Also one that its role keeps out anyway: at the vintage nobody could have known it."""
    study, before = left_out(programme)
    assert len(before) == len(study.known) - len(study.figures)
    assert (before["reported_on"] <= pd.Timestamp("2022-03-31")).all()
    for day, more in (("2022-04-01", 0), ("2022-03-31", 1)):
        cells = {"id": "planted", "role": "repeat", "repeats": like, "reported_on": pd.Timestamp(day)}
        later, after = left_out(with_row(programme, like, **cells))
        assert len(after) == len(before) + more
        assert ("planted" in set(after["id"])) is bool(more)
        assert f"{len(after)} known rows are left out." in later.evidence.findings()


@pytest.mark.parametrize("name", ledger.programmes())
def test_used_and_left_out_are_together_what_was_known(name):
    for vintage in ("2021-12-31", "2022-03-31", "2024-12-31"):
        study, rows = left_out(ledger.load(name), vintage)
        assert sorted([*rows["id"], *study.figures["id"]]) == sorted(study.known["id"])
        table = study.evidence.left_out().table
        assert not any("_" in row[0] for row in table.rows)


def test_a_row_that_the_study_leaves_out_is_named_as_such(programme):
    study, rows = left_out(programme)
    last = study.figures["id"].iloc[-1]
    one = study.without(last).evidence.left_out()
    assert len(one.data) == len(rows) + 1
    assert one.data.set_index("id").loc[last, "code"] == "asked"
    assert "this study was told to leave it out" in str(one)


# one figure


@pytest.mark.parametrize(("lang", "words"), [("en", "17,590,000 UMKM"), ("id", "17.590.000 UMKM")])
def test_a_figure_is_explained_in_words(programme, lang, words):
    found = Study(Case.of(programme, "2022-03-31"), Format(lang)).evidence.explain("2022-03-28-kkukm-17.59")
    said = str(found)
    assert words in said
    assert "5.000" in said or "5,000" in said  # half of its rounding
    for raw in ("17590000.0", "reported_precision", "lag_days", "at_least", "as_of", "decimals"):
        assert raw not in said
    assert found.data.set_index("field").loc["value", "content"] == 17590000.0


def test_half_of_the_figures_came_on_the_day_itself(programme):
    study, _ = left_out(programme)
    assert any("on the day they refer to" in said for said in study.evidence.findings())
    lags = pd.DataFrame({"lag_days": [1, 3, 5]})
    conflicts = pd.DataFrame({"relative": []})
    said = found(study.figures, conflicts, lags, (), 0, None, Format("en"))
    assert any("within three days of their date, the slowest after five days" in words for words in said)


def test_earlier_targets_leave_out_the_path_that_is_judged(programme):
    study = Study(Case.of(programme, "2024-12-31"), Format("en"))
    shown = study.evidence.targets()
    path = set(zip(study.path.dates, study.path.targets, strict=True))
    pairs = set(zip(shown.data["target_date"].dt.strftime("%Y-%m-%d"), shown.data["target"], strict=True))
    assert pairs
    assert not pairs & path
    assert len(shown.table.rows) == len(shown.data)
