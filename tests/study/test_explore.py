"""The sliders: every move answered at once, and with the verdict of the engine."""

import json
import statistics
import time
from dataclasses import replace

import numpy as np
import pytest
import yaml

import helpers
from jalur import charts, ledger
from jalur.charts import fan_svg
from jalur.errors import InputError
from jalur.runner import request as matrix
from jalur.study.explore import App, report_command, save_choices
from jalur.verdict import pace
from jalur.verdict.case import Case, Question
from jalur.verdict.judge import judge
from jalur.verdict.scenarios import Explorer, active, by_retention
from jalur.words.format import LANGUAGES, Format

BUDGET = 0.150  # seconds from the move to the drawn result


@pytest.fixture
def app(programme, tmp_path):
    return App(Case.of(programme, "2022-03-31"), Format("en"), tmp_path / "params")


@pytest.mark.parametrize("vintage", ["2021-06-30", "2022-03-31", "2023-12-31", "2024-12-31"])
def test_without_assumptions_it_says_what_the_verdict_says(programme, vintage):
    case = Case.of(programme, vintage)
    quick, whole = Explorer(case).verdict(case.question), judge(case, sensitivity=False)
    assert quick.joint_probability == pytest.approx(whole.joint_probability, abs=1e-12)
    for a, b in zip(quick.milestones, whole.milestones, strict=True):
        assert (a.date, a.status, a.probability) == (b.date, b.status, pytest.approx(b.probability, abs=1e-12))
        width = b.interval_90[1] - b.interval_90[0]
        assert np.allclose([a.median, *a.interval_90], [b.median, *b.interval_90], atol=0.004 * width)
    assert quick.last_figure == whole.last_figure
    assert quick.fan[0].date == vintage


def test_the_fan_agrees_with_the_exact_ranges_at_the_last_milestone(programme):
    case = Case.of(programme, "2022-03-31")
    verdict = Explorer(case).verdict(case.question)
    final, last = verdict.fan[-1], verdict.milestones[-1]
    assert final.date == last.date
    width = last.interval_90[1] - last.interval_90[0]
    assert [final.q05, final.q50, final.q95] == pytest.approx(
        [last.interval_90[0], last.median, last.interval_90[1]], abs=0.05 * width
    )


def test_the_fan_of_a_count_that_cannot_fall_does_not_fall(programme):
    """Paths as drawn do fall here; the law of the engine does not."""
    question = Question("2022-03-31")
    explorer = Explorer(Case(programme, question))
    rows = explorer.verdict(question).fan
    for name in ("q05", "q10", "q25", "q50", "q75", "q90", "q95"):
        levels = [getattr(row, name) for row in rows]
        assert levels == sorted(levels), name
    later = explorer._futures(question).draws[0]
    assert np.all(np.diff(later, axis=0) >= 0)


def test_where_no_probability_can_be_given_it_says_so_too(programmes):
    case = Case.of(programmes("modern_cooperatives"), "2024-01-31")
    found = Explorer(case).verdict(case.question)
    assert found.joint_probability is None
    assert found.reason_code == "few_figures"


def test_retention_agrees_with_the_scenarios(programme):
    case = Case.of(programme, "2022-03-31")
    rows = {r.rate: r for r in by_retention(case)}
    explorer = Explorer(case)
    for rate in (0.98, 0.95, 0.9):
        quick = explorer.verdict(case.question, retention=rate)
        assert quick.joint_probability == pytest.approx(rows[rate].joint_probability, abs=0.025)
        assert [m.probability for m in quick.milestones] == pytest.approx(rows[rate].probabilities, abs=0.025)
        assert [m.median for m in quick.milestones] == pytest.approx(rows[rate].medians, rel=0.01)


def test_the_active_stock_by_hand():
    times, levels = np.array([2022.0, 2023.0]), np.array([[10.0], [10.0]])
    assert active(times, levels, 0.9)[1, 0] == pytest.approx(9.0)
    joined = active(times, np.array([[0.0], [10.0]]), 0.9)[1, 0]
    assert joined == pytest.approx(10 * (1 - 0.9) / -np.log(0.9))
    assert active(times, levels, 1.0)[1, 0] == 10


def test_extra_onboarding_is_the_lever_of_the_verdict(programme):
    """The least addition that the verdict names for even odds gives even odds here."""
    case = Case.of(programme, "2022-12-31")
    levers = judge(case, sensitivity=False).levers.extra_monthly_additions
    explorer = Explorer(case)
    for chance in (0.5, 0.8):
        found = explorer.verdict(case.question, extra=levers[f"{chance:g}"])
        assert found.joint_probability == pytest.approx(chance, abs=0.02)
    assert explorer.verdict(case.question, extra=1e5).milestones[0].probability == pytest.approx(
        explorer.verdict(case.question).milestones[0].probability
    )  # its day has come: nothing that is added later changes it


def test_more_helps_and_leaving_hurts(programme):
    question = Question("2022-03-31")
    explorer = Explorer(Case(programme, question))
    chances = [explorer.verdict(question, extra=x).joint_probability for x in (0, 5e4, 1e5, 4e5)]
    assert chances == sorted(chances)
    stays = [explorer.verdict(question, retention=x).joint_probability for x in (0.8, 0.9, 0.97, 1.0)]
    assert stays == sorted(stays)
    assert explorer.verdict(replace(question, targets=(("2024-12-31", 7e7),)), extra=1e7).joint_probability == 0


@pytest.mark.slow
def test_a_move_of_the_vintage_is_drawn_within_the_budget(app, record_property):
    """Twenty moves to days that were not asked before, from the change of the slider to the drawn chart."""
    days = [day for _, day in app.vintage.options if "2021-06-30" < day < "2024-09-01"][::2][:20]
    assert len(days) == 20
    took = []
    for day in days:
        start = time.process_time()
        app.vintage.value = day
        took.append(time.process_time() - start)
        assert f'aria-label="{Format("en").say("alt.fan", **{"from": "", "to": "", "top": ""})[:9]}' in app.chart.value
    median = statistics.median(took)
    record_property("milliseconds_a_move", round(1000 * median))
    print(f"median {1000 * median:.0f} ms a move, slowest {1000 * max(took):.0f} ms")
    assert median <= BUDGET


def test_moving_the_vintage_changes_the_sentence(app):
    before = app.sentence.value
    app.vintage.value = "2022-12-31"
    assert before != app.sentence.value
    for day in ("31 December 2022", f"{app.verdict.joint_probability:.0%}"):
        assert day in app.sentence.value
    assert 'aria-live="polite"' in app.sentence.value


def test_every_slider_moves_the_verdict_and_says_what_it_assumes(app):
    seen = {app.sentence.value}
    for slider, value, words in (
        (app.extra, app.extra.options[4][1], "more a month"),
        (app.retention, 0.95, "still active"),
        (app.share, 0.6, "can ever join"),
        (app.path, "own", "target of your own"),
        (app.target, 45e6, "target of your own"),
    ):
        slider.value = value
        assert words in app.sentence.value
        assert app.sentence.value not in seen
        seen.add(app.sentence.value)


def test_a_capacity_that_the_figures_exceed_is_explained_and_the_way_back_works(app):
    app.capacity.value = "nonfarm_micro_small"
    before = app.sentence.value
    assert "more than the 26.3" in before
    app.share.value = 0.6
    assert "Cannot be assessed" in app.sentence.value
    app.share.value = 1.0
    assert app.sentence.value == before
    app.vintage.value = "2024-12-31"
    assert app.sentence.value != before
    app.vintage.value = "2022-03-31"
    assert app.sentence.value == before


def test_a_missing_date_is_asked_for(app):
    app.path.value = "own"
    app.date.value = None
    assert 'role="alert"' in app.sentence.value


@pytest.mark.parametrize("name", ledger.programmes())
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_programme_can_be_explored_at_every_known_day(name, lang, programme, tmp_path):
    app = App(Case.of(programme, "2022-03-31"), Format(lang), tmp_path)
    app.programme.value = name
    for _, day in app.vintage.options[:: max(1, len(app.vintage.options) // 6)]:
        app.vintage.value = day
        assert app.verdict.vintage == day
        assert app.verdict.programme == name
        assert "alert" not in app.sentence.value
        assert app.chart.value.startswith("<svg")
        assert "nan" not in app.chart.value.replace("dominant", "")


def test_targets_are_locked_unless_they_are_ones_own(app):
    assert app.target.disabled
    app.path.value = "own"
    assert not app.target.disabled
    assert app.verdict.milestones[0].target == app.target.value


def test_the_button_writes_a_file_that_report_accepts(app, programme):
    app.share.value, app.vintage.value, app.retention.value = 0.8, "2022-12-31", 0.95
    app.button.click()
    (path,) = app.folder.iterdir()
    text = path.read_text(encoding="utf-8")
    assert path.name == "umkm-onboarding-2022-12-31-0-8.yml"
    assert yaml.safe_load(text) == {
        "programme": "umkm_onboarding",
        "vintage": "2022-12-31",
        "capacity_share": 0.8,
    }
    assert "still active" in text.splitlines()[1]
    assert f"jalur report --params {path}" in app.saved.value
    notebooks = matrix.read_notebooks(ledger.default_data().parent / "notebooks", only=["03_reachability"])
    (report,) = matrix.reports(notebooks, programmes=[], vintages=[], langs=None, settings={}, files=[path])
    assert (report.programme, report.vintage) == ("umkm_onboarding", "2022-12-31")
    assert dict(report.settings) == {"capacity_share": 0.8}


def test_a_file_with_other_choices_is_left_alone(app):
    app.name.value = "My Question!"
    app.button.click()
    first = (app.folder / "my-question.yml").read_bytes()
    app.button.click()  # the same again is no conflict
    assert 'role="status"' in app.saved.value
    app.vintage.value = "2022-12-31"
    app.button.click()
    assert 'role="alert"' in app.saved.value
    assert (app.folder / "my-question.yml").read_bytes() == first


def test_a_name_needs_a_letter_and_a_folder_that_can_be_written(programme, tmp_path):
    fmt, case = Format("id"), Case.of(programme, "2022-03-31")
    with pytest.raises(InputError, match="huruf"):
        save_choices(tmp_path, "!?", case, (), fmt)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="tidak dapat ditulisi"):
        save_choices(tmp_path / "file", "a", case, (), fmt)


def test_the_command_names_a_data_folder_of_ones_own(programme, tmp_path):
    moved = replace(programme, folder=tmp_path / "umkm_onboarding")
    assert report_command(moved, tmp_path / "a.yml").endswith(f"a.yml --data {tmp_path}")
    inside = ledger.default_data().parent / "params" / "a.yml"
    assert report_command(programme, inside) == "jalur report --params params/a.yml"


def test_without_widgets_it_shows_its_start_and_the_way_to_the_sliders():
    study = helpers.open_study("umkm_onboarding", "2022-03-31", lang="en")
    shown = study.explorer()._repr_mimebundle_()
    assert set(shown) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    for text in (shown["text/html"], shown["text/plain"]):
        assert "make lab" in text
        assert "20" in text
        assert "million" in text
    assert "<table" in shown["text/html"]


def test_a_capacity_in_units_from_the_parameters_is_kept(programme):
    app = App(Case.of(programme, "2022-03-31", capacity="50000000", capacity_share=0.97), Format("en"))
    assert app.asked.question.capacity == "50000000"
    assert app.verdict.capacity.units == pytest.approx(0.97 * 5e7)


def test_a_share_that_is_set_is_written_as_it_is(app):
    assert app.share.options[-1] == ("100%", 1.0)
    assert app.retention.options[-1] == ("100%", 1.0)


def test_nobody_leaves_a_net_count_twice(programme, tmp_path):
    for net in (False, True):
        app = App(Case.of(replace(programme, net=net), "2022-03-31"), Format("en"), tmp_path)
        assert app.retention.disabled is net


def test_every_control_has_a_name_and_can_be_reached(app):
    state = [w.get_state() for w in (app.programme, *app._moves, app.name)]
    assert all(s["description"] for s in state)
    assert all(s.get("tabbable") is not False for s in state)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_light_chart_says_what_the_printed_one_says(programme, lang):
    fmt, case = Format(lang), Case.of(programme, "2022-03-31")
    verdict, figures = judge(case, sensitivity=False), case.figures
    light = str(fan_svg(verdict, figures, fmt, programme.reference_source))
    _, alt = charts.fan_chart(verdict, figures, fmt, reference_source=programme.reference_source)
    said = light.partition('aria-label="')[2].partition('"')[0]
    assert said.partition(". ")[2] == alt.partition(". ")[2]
    assert light.count("<circle") == len(figures)
    assert light.count("stroke-dasharray") == 1


def test_an_escaped_name_cannot_end_the_label(programme):
    words = replace(programme, noun={"en": '"><script>', "id": "x"})
    app = App(Case.of(words, "2022-03-31"), Format("en"))
    assert "<script>" not in app.chart.value + app.table.value + app.sentence.value


@pytest.mark.parametrize(("target", "last", "step"), [(30e6, 1e6, 25e3), (500, 40, 1), (1e6, 4e4, 1e3)])
def test_amounts_of_the_slider_are_round(target, last, step):
    amounts = pace.nice_amounts(target)
    assert amounts[:2] == (0.0, step)
    assert amounts[-1] == last


def test_the_notebook_stores_words_and_no_dead_widget():
    path = ledger.default_data().parent / "notebooks" / "explore.ipynb"
    stored = json.loads(path.read_text(encoding="utf-8"))
    kinds = {kind for cell in stored["cells"] for o in cell.get("outputs", ()) for kind in o.get("data", {})}
    assert kinds == {"text/html", "text/plain", "image/png"}


# what the study chose stays chosen


ADDED = "2022-03-28-kkukm-17.59"


CHOICES = {  # about the evidence, which no slider shows, and a path that no slider can set
    "drop": (ADDED,),
    "without_sources": ("Kemenko Marves",),
    "only_sources": ("KemenKopUKM",),
    "definitions": ("digital_ecosystem",),
    "since": "2021-01-01",
    "extra": None,  # stands in the test
    "targets": (("2023-06-30", 21e6), ("2024-12-31", 28e6)),
}


@pytest.mark.parametrize("name", CHOICES)
def test_the_sliders_keep_what_the_study_chose(programme, tmp_path, name):
    row = programme.observations[programme.observations["id"] == ADDED]
    value = row.assign(id="added", value=19e6) if name == "extra" else CHOICES[name]
    case, plain = Case.of(programme, "2022-03-31", **{name: value}), Case.of(programme, "2022-03-31")
    app = App(case, Format("en"), tmp_path)
    assert getattr(app.asked.question, name) == getattr(case.question, name) != getattr(plain.question, name)
    assert app.verdict.figures_used == tuple(case.figures["id"])
    assert app.verdict.joint_probability == judge(case, sensitivity=False).joint_probability
    app.vintage.value = "2022-12-31"  # after a move as well
    assert app.verdict.figures_used == tuple(case.at("2022-12-31").figures["id"])
    assert app.verdict.joint_probability == case.at("2022-12-31").joint
    assert Format("en").say(f"explore.assumed.{'given' if name == 'targets' else 'evidence'}") in app.sentence.value
    app.button.click()
    (path,) = app.folder.iterdir()
    assert "chosen in the study" in path.read_text(encoding="utf-8").splitlines()[1]  # a report would not know


def test_a_row_that_the_study_leaves_out_is_left_out_of_its_explorer():
    app = helpers.open_study().without(ADDED).explorer()
    assert ADDED not in app.verdict.figures_used
    assert ADDED in helpers.open_study().explorer().verdict.figures_used


def test_back_at_the_programme_of_the_study_its_choices_are_back(programme, tmp_path):
    app = App(Case.of(programme, "2022-03-31", drop=(ADDED,)), Format("en"), tmp_path)
    before = app.sentence.value
    app.programme.value = "ekatalog_umkm"
    assert app.asked.question.drop == ()
    app.programme.value = "umkm_onboarding"
    assert app.asked.question.drop == (ADDED,)
    assert app.sentence.value == before


# what was tried


def test_the_vintages_can_be_walked_through(app):
    """Each step of the button is one move of the slider; the slider moves the button along."""
    seen = set()
    for step in range(8):
        app.play.value = app.vintage.index + 1 if step else app.vintage.index - 4
        assert app.vintage.index == app.play.value
        seen.add(app.verdict.vintage)
    assert len(seen) == 8
    app.vintage.index = 3
    assert app.play.value == 3
    assert app.play.max == len(app.vintage.options) - 1


def test_a_figure_and_a_body_can_be_ticked_off(app, programme):
    case = Case.of(programme, "2022-03-31")
    app.ticks._rows[ADDED].value = False
    assert app.verdict.joint_probability == pytest.approx(
        judge(case.without(ADDED), sensitivity=False).joint_probability
    )
    assert "one figure is left out" in app.sentence.value
    app.ticks._bodies["Kemenko Marves"].value = False
    both = judge(case.without(ADDED).without_sources("Kemenko Marves"), sensitivity=False)
    assert app.verdict.figures_used == both.figures_used
    assert app.verdict.joint_probability == pytest.approx(both.joint_probability)
    for box in (app.ticks._rows[ADDED], app.ticks._bodies["Kemenko Marves"]):
        box.value = True
    assert app.verdict.joint_probability == pytest.approx(judge(case, sensitivity=False).joint_probability)


def test_only_what_is_known_can_be_ticked_off(app, programme):
    """A figure that is ticked off before its day is no choice, and a hidden box takes none."""
    shown = {name for name, box in app.ticks._rows.items() if box.layout.display != "none"}
    assert shown == set(Case.of(programme, "2022-03-31").figures["id"])
    app.ticks._rows[ADDED].value = False
    app.vintage.value = "2021-12-31"
    assert app.ticks.off() == ((), ())
    assert app.asked.question.drop == ()
    app.vintage.value = "2022-12-31"
    assert app.ticks.off() == ((), (ADDED,))


def test_what_was_tried_is_listed_with_its_verdict_and_can_be_gone_back_to(app):
    first = app.verdict.joint_probability
    app.capacity.value = "likely_online"
    app.ticks._rows[ADDED].value = False
    app.vintage.value = "2022-12-31"
    assert app.tried[0].verdict.joint_probability == first
    assert len(app.tried) == 4
    for words in ("as at the start", "Who can join", ADDED):
        assert words in app.history.value
    app.again.value = 1
    assert (app.capacity.value, app.vintage.value) == ("likely_online", "2022-03-31")
    assert app.ticks.off() == ((), ())
    assert app.verdict.joint_probability == app.tried[1].verdict.joint_probability
    app.again.value = 2
    assert app.ticks.off() == ((), (ADDED,))
    assert app.again.value is None
    app.programme.value = "sumut_qris"
    assert len(app.tried) == 1


def test_two_settings_stand_side_by_side_with_what_differs(app):
    app.keep.click()
    before = app.verdict
    app.capacity.value = "likely_online"
    told = app.beside.value
    assert "Who can join" in told
    assert "Known on" not in told
    fmt = Format("en")
    for one in (before, app.verdict):
        assert fmt.percent(one.joint_probability) in told
    apart = round(100 * app.verdict.joint_probability) - round(100 * before.joint_probability)
    assert f"\u2212{-apart}" in told
    app.capacity.value = "nonfarm_micro_small"  # exceeded by a target: still a table, without a range where none is
    assert "<table" in app.beside.value


def test_the_class_can_be_changed_and_its_effect_is_said(app, programme):
    plain = judge(Case.of(replace(programme, kind_class=None), "2022-03-31"), sensitivity=False)
    without = Format("en").percent(plain.milestones[-1].probability)
    assert f"would be {without}" in app.sentence.value
    app.kind_class.value = ""
    assert app.verdict.joint_probability == pytest.approx(plain.joint_probability)
    assert "would be" not in app.sentence.value
    assert "no class" in app.sentence.value
