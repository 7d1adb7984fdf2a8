"""The study: how it is opened, what else can be asked of it, what it exports."""

import json
from dataclasses import replace

import pandas as pd
import pytest

import helpers
from jalur.errors import InputError
from jalur.study.study import ROOMS, limits
from jalur.words.format import Format

LAST = "2022-03-28-kkukm-17.59"


@pytest.fixture(scope="module")
def study():
    return helpers.open_study()


def test_its_repr_is_short_and_says_where_to_look(study):
    assert len(repr(study)) < 200
    for words in ("umkm_onboarding", "2022-03-31", ".evidence", ".scenarios"):
        assert words in repr(study)
    assert "fan()" in repr(study.reach)


def test_something_else_is_asked_without_opening_again(study):
    figures = len(study.figures)
    assert len(study.without(LAST).figures) == figures - 1
    assert len(study.without(LAST).without("2022-03-28-presiden-17.5").figures) == figures - 2
    one = study.without_source("Kemenko Marves")
    assert set(study.figures["speaker_org"]) - set(one.figures["speaker_org"]) == {"Kemenko Marves"}
    assert study.with_capacity("likely_online").capacity == pytest.approx(48.3e6, rel=0.01)
    assert study.with_capacity(40_000_000, share=0.5).capacity == 20e6
    later = study.at("2022-12-31")
    assert len(later.figures) > figures
    assert (later.fmt.lang, later.question.seed) == (study.fmt.lang, study.question.seed)


def test_each_choice_keeps_the_others(study):
    asked = study.without(LAST).with_capacity(40_000_000).at("2022-12-31")
    assert LAST not in set(asked.figures["id"])
    assert asked.capacity == 40e6


def test_added_rows_are_used_and_shown(study):
    row = study.figures.tail(1).assign(id="mine", value=17.8e6, as_of=pd.Timestamp("2022-03-30"))
    row = row.assign(reported_on=pd.Timestamp("2022-03-30"), lag_days=0)
    more = study.with_figures(row)
    assert more.figures["id"].iloc[-1] == "mine"
    shown = more.evidence.published().data
    assert bool(shown.set_index("id").loc["mine", "used"])


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda s: s.without("2022-03-28-kkukm-17.95"), "did you mean '2022-03-28-kkukm-17.59'"),
        (lambda s: s.without_source("Kemenko Marfes"), "did you mean 'Kemenko Marves'"),
        (lambda s: s.with_capacity("likely_onlin"), "did you mean 'likely_online'"),
        (lambda s: s.section("verdickt"), "did you mean 'verdict'"),
        (lambda s: s.curves.fit("gompertzz"), "did you mean 'gompertz'"),
        (lambda s: s.evidence.explain("2022-03-28-kkukm-17.95"), "did you mean '2022-03-28-kkukm-17.59'"),
        (lambda s: helpers.open_study("umkm_onbording"), "did you mean 'umkm_onboarding'"),
    ],
)
def test_a_near_miss_is_refused_at_once_with_a_suggestion(study, ask, said):
    with pytest.raises(InputError) as raised:
        ask(study)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_far_misses_get_no_suggestion(study):
    with pytest.raises(InputError) as raised:
        study.section("zzz")
    assert "did you mean" not in str(raised.value)


def test_one_call_exports_every_view(study, tmp_path):
    written = study.export(tmp_path / "out")
    names = {path.name for path in written}
    assert all(path.stat().st_size for path in written)
    assert {"verdict.json", "reach.fan.png", "reach.fan.csv", "scenarios.tornado.csv", "record.replay.csv"} <= names
    rooms = [getattr(study, name) for name in ROOMS]
    assert sum(len(room.VIEWS) for room in rooms) == sum(name.endswith(".csv") for name in names)
    assert json.loads((tmp_path / "out" / "verdict.json").read_text()) == study.verdict.to_dict()
    assert pd.read_csv(tmp_path / "out" / "reach.fan.csv").shape == study.reach.fan().data.shape
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        study.export(tmp_path / "file")


@pytest.mark.parametrize(("net", "said"), [(False, "no source subtracts"), (True, "already subtracted")])
def test_the_limits_say_whether_exits_are_subtracted(study, net, said):
    first = limits(study.verdict, replace(study.programme, net=net), pd.DataFrame(), Format("en"), {})[0]
    assert said in first
