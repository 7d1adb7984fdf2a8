"""Learning the outside view: the law of "met", cross-fitting, what was known on a day."""

import copy
import math

import numpy as np
import pytest

from jalur.engine.prior import load
from jalur.record import outside as learning
from jalur.verdict import outside


def data():
    return copy.deepcopy(dict(outside.load()))


def made(families=6, each=10, slope=-1.0, spread=0.5, seed=0):
    """Cases from the law itself, each family its own class."""
    rng = np.random.default_rng(seed)
    name = np.repeat([f"family {i}" for i in range(families)], each)
    ratio = np.exp(rng.uniform(np.log(0.3), np.log(6), len(name)))
    own = np.repeat(rng.normal(0, spread, families), each)
    met = (rng.uniform(size=len(name)) < 1 / (1 + np.exp(-slope * np.log(ratio) - own))).astype(float)
    chance = np.clip(0.5 + (met - 0.5) * 0.4 + rng.normal(0, 0.2, len(name)), 0, 1)
    none = np.zeros(len(name))
    return learning.Cases(tuple(range(len(name))), name, name, met, ratio, chance, none, none, none, ((),) * len(name))


class TestLearning:
    def test_law_is_found_again(self):
        law = learning.fit_law(made(families=60, each=12, slope=-1.0, spread=0.6))
        assert law.coefficients[1] == pytest.approx(-1.0, abs=0.25)
        assert law.spread == pytest.approx(0.6, abs=0.25)

    def test_to_ask_for_more_never_helps(self):
        assert learning.fit_law(made(families=30, slope=1.0)).coefficients[1] <= 0

    def test_more_families_narrow_the_law(self):
        few, many = (learning.fit_law(made(families=n)) for n in (5, 40))
        assert np.linalg.det(many.covariance) < np.linalg.det(few.covariance)

        def width(law):
            view = outside.outside_view(2.0, data={**data(), "law": {**law.as_dict(), "between_families": 0.8}})
            return view.high - view.low

        assert width(many) < width(few)

    def test_families_that_differ_more_widen_the_range(self):
        alike, unlike = (learning.fit_law(made(families=40, spread=s)) for s in (0.1, 2.0))
        assert unlike.spread > alike.spread + 0.5

    def test_nothing_is_learned_from_the_class_that_is_scored(self):
        cases = made()
        there = cases.cls == "family 0"
        other = copy.copy(cases)
        object.__setattr__(other, "met", np.where(there, 1 - cases.met, cases.met))
        one, two = (learning.cross_fit(c, c.cls) for c in (cases, other))
        for mine, yours in zip(one, two, strict=True):
            np.testing.assert_array_equal(mine[there], yours[there])
            assert not np.array_equal(mine[~there], yours[~there])

    def test_share_of_module_and_of_learning_agree(self):
        cases = made()
        law = learning.fit_law(cases)
        own = {**data(), "law": law.as_dict()}
        for ratio in (0.1, 1.0, 2.5, math.inf):
            assert outside.outside_view(ratio, data=own).share == pytest.approx(
                law.share(np.array([ratio]))[0], abs=1e-3
            )

    def test_dates_and_what_was_known(self):
        assert learning.decimal_year("2020-07-01") == pytest.approx(2020 + 182 / 366)
        assert learning.decimal_year("2020") == 2020
        figures = [
            {"date": "2020", "published": "2021-05-01"},
            {"date": "2021", "published": "2022-05-01"},
        ]
        by_year = {"known_through": "2020", "announced_on": "2023-01-01"}
        by_publication = {"known_through": "", "announced_on": "2021-12-31"}
        assert learning._known(by_year, figures) == figures[:1]
        assert learning._known(by_publication, figures) == figures[:1]


def write_targets(folder, outcome="30", met="no"):
    """Two official targets of one made-up programme, one known by publication and one by year."""
    folder.mkdir()
    (folder / "targets.csv").write_text(
        "id,reference_class,kind,adoption_like,series_id,announced_on,known_through,target_date,target_value,window,"
        "capacity,outcome_value,met\n"
        f"one,vaccine_made,health,yes,s,2010-06-30,2009,2013,40,1,100,{outcome},{met}\n"
        "two,boards,other,no,s,2010-06-30,,2014,35,2,100,40,yes\n"
        "three,boards,other,no,s,2010-06-30,,2014,35,1,,40,yes\n",
        encoding="utf-8",
    )
    rows = [f"s,{year},{5 + 2 * (year - 2003)},{year + 1}-05-01" for year in range(2003, 2016)]
    text = "series_id,date,value,published\n" + "\n".join(rows) + "\n"
    (folder / "series.csv").write_text(text, encoding="utf-8")
    return folder


class TestAsking:
    def test_a_target_sees_nothing_that_came_later(self, tmp_path):
        one, two = learning.read_targets(write_targets(tmp_path / "targets"))  # the third has no capacity
        assert (one.t[-1], two.t[-1]) == (2009, 2009)
        assert one.ends == (2013,)
        assert two.ends == (2013, 2014)
        assert (one.family, two.family) == ("vaccine", "boards")

    def test_a_target_is_forecast_by_weights_that_have_not_seen_its_kind(self, tmp_path):
        targets = learning.read_targets(write_targets(tmp_path / "targets"))
        choose = learning.unseen_engine("all", {"dtp3": "without vaccines"})
        assert [choose(one).args for one in targets] == [("without vaccines",), ("all",)]
        assert [choose(one).keywords["kind_class"] for one in targets] == ["coverage", "institutions"]

    def test_the_outcome_does_not_move_the_chance(self, tmp_path):
        found = []
        for k, outcome in enumerate(("30", "90")):
            targets = learning.read_targets(write_targets(tmp_path / str(k), outcome, "no" if k == 0 else "yes"))
            found.append(learning.ask(targets, learning.unseen_engine(load(), {}), draws=200))
        np.testing.assert_array_equal(found[0].chance, found[1].chance)
        np.testing.assert_array_equal(found[0].stretch, found[1].stretch)
        assert found[0].met[0] != found[1].met[0]
        assert found[1].above[0] == 1

    def test_a_folder_without_targets_is_refused(self, tmp_path):
        with pytest.raises(learning.InputError, match="cannot be read"):
            learning.read_targets(tmp_path)

    def test_the_shipped_view_holds_counts_and_no_target(self):
        shipped = outside.load()
        assert set(shipped["classes"]).isdisjoint(learning.LEFT_OUT)
        assert set(shipped["left_out"]) == set(learning.LEFT_OUT)
        for one in shipped["classes"].values():
            assert all(m <= n for m, n in zip(one["met"], one["cases"], strict=True))
