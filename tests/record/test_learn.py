"""Learning the prior weights: the table, the objective, determinism, cross-fitting."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from adoption import official_targets

from jalur.engine.links import link
from jalur.engine.outlook import condition, forecast
from jalur.engine.prior import PARAMETERS, load, load_shapes, to_dict
from jalur.errors import InputError
from jalur.record import learn as learn_prior
from jalur.record import objective as learning
from jalur.record.learn import SHAPES, series_alike, tasks_from, ties_alike
from jalur.record.objective import (
    Weights,
    cell_weights,
    crps_terms,
    fit_weights,
    grid,
    log_weights,
    mixture_cdf,
    observe,
)
from jalur.record.series import COLUMNS


def table(speeds=(0.1, 0.12, 0.3, 0.35), groups=("slow", "slow", "fast", "fast"), years=16, seed=0):
    """A small made-up table of series with known paces."""
    rng = np.random.default_rng(seed)
    rows = []
    for i, (speed, group) in enumerate(zip(speeds, groups, strict=True)):
        z = link("gompertz").to_link(0.03) + np.cumsum(speed * (1 + 0.3 * rng.standard_normal(years)))
        share = link("gompertz").from_link(z)
        rows += [(group, f"series {i}", 2000 + k, 100 * s, 100) for k, s in enumerate(share)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def grid_features():
    return learning.features(grid()).shape[1]


def everything(origins):
    return series_alike(origins, np.ones(len(origins.level), bool))


@pytest.fixture(scope="module")
def csv(tmp_path_factory):
    path = tmp_path_factory.mktemp("series") / "series.csv"
    table().to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def origins(csv):
    return observe(tasks_from(csv), grid())


def test_learning_is_deterministic_and_writes_a_file_that_loads(csv, tmp_path):
    out = tmp_path / "prior.json"
    first = learn_prior.learn(csv, out, progress=False)
    second = learn_prior.learn(csv, progress=False)
    for one, other in zip(first, second, strict=True):
        assert 0.5 * np.abs(one.weight - other.weight).sum() < 1e-3  # the stated tolerance
        assert one.power == pytest.approx(other.power, abs=1e-3)
    for one, read in zip(first, (load(out), *load_shapes(out)), strict=True):
        np.testing.assert_allclose(read.weight, one.weight, atol=1e-6)
        assert [(x.family, x.shape) for x in read.links] == [(x.family, x.shape) for x in one.links]
    assert json.loads(out.read_text())["learned_from"] == {"fast": 2, "slow": 2}


def test_the_shipped_weights_belong_to_the_grid_that_is_learned():
    shipped, fresh = load(), grid()
    for name in (*PARAMETERS, "family"):
        np.testing.assert_array_equal(getattr(shipped, name), getattr(fresh, name))
    assert (shipped.units, shipped.slope_spread, shipped.discount) == (fresh.units, fresh.slope_spread, fresh.discount)
    assert shipped.version == learn_prior.WEIGHTS_VERSION


def test_every_shape_ships_with_weights_of_its_own():
    shapes, own = load_shapes(), load()
    for shipped, family in zip(shapes, SHAPES, strict=True):
        fresh = grid(family)
        assert [(x.family, x.shape) for x in shipped.links] == [(x.family, x.shape) for x in fresh.links]
        np.testing.assert_array_equal(shipped.pace_own, fresh.pace_own)
        assert 0.5 * np.abs(shipped.weight - own.weight).sum() > 0.05  # learned, not copied
        assert shipped.class_names == own.class_names
    assert len({s.power for s in shapes}) == len(shapes)


@pytest.mark.parametrize(
    "broken",
    [
        {"power": -1.0},
        {"power": 11},
        {"family": []},
        {"family": ["bass"]},
        {"family": "spline"},
        {"log_weight": [0.0]},
        {"power": "x"},
    ],
)
def test_a_malformed_shape_is_refused(tmp_path, broken):
    data = to_dict(load(), load_shapes())
    assert len(load_shapes(write(tmp_path / "good.json", data))) == 4
    data["shapes"][1] |= broken
    with pytest.raises(InputError):
        load_shapes(write(tmp_path / "bad.json", data))


def test_a_file_without_shapes_gives_none(tmp_path):
    data = to_dict(load())
    del data["shapes"]
    assert load_shapes(write(tmp_path / "old.json", data)) == ()


def write(path, data):
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_growing_series_teach_growing_laws(tmp_path):
    """Series that keep growing give weight to laws with a pace; series that have levelled off to laws without."""
    means = []
    for name, speed in (("levels off", 0.0), ("grows", 0.3)):
        path = tmp_path / f"{name}.csv"
        rows = []
        for k in range(3):
            rng = np.random.default_rng(k)
            z = link("gompertz").to_link(0.1) + 0.25 * np.minimum(np.arange(25), 5)
            z = z + speed * np.maximum(np.arange(25) - 5, 0) / 3 + 0.02 * rng.standard_normal(25)
            share = link("gompertz").from_link(z)
            rows += [("kind", f"series {k}", 2000 + i, 100 * x, 100) for i, x in enumerate(share)]
        pd.DataFrame(rows, columns=list(COLUMNS)).to_csv(path, index=False)
        prior = learn_prior.learn(path, progress=False)[0]
        means.append(float(prior.weight @ (prior.pace_own + prior.pace_scatter)))
    assert means[1] > means[0] + 0.1


@pytest.mark.parametrize("towards", [None, Weights(np.full(grid_features(), 0.2), 0.6, 0.0)])
def test_the_gradient_of_the_objective_is_right(origins, monkeypatch, towards):
    """Catch the objective on its way to the optimiser and differentiate it numerically."""
    import scipy.optimize

    seen = {}

    def keep(objective, start, **_):
        seen["f"], seen["x"] = objective, start
        return scipy.optimize.OptimizeResult(x=start, fun=0.0)

    wide = replace(origins, cdf=origins.cdf.astype(float))
    monkeypatch.setattr(scipy.optimize, "minimize", keep)
    fit_weights(wide, grid(), everything(origins), towards=towards)
    x = seen["x"] + 0.3 * np.random.default_rng(1).standard_normal(len(seen["x"]))
    x[-1] = 0.4
    _, slope = seen["f"](x)
    for i in (0, 5, len(x) - 2, len(x) - 1):
        step = np.zeros(len(x))
        step[i] = 1e-2
        numeric = (seen["f"](x + step)[0] - seen["f"](x - step)[0]) / 2e-2
        assert slope[i] == pytest.approx(numeric, rel=5e-3, abs=2e-5)


def test_a_class_is_drawn_to_the_weights_of_all(origins):
    """The stronger the pull, the nearer the weights of a class are to those of all kinds."""
    prior, v = grid(), everything(origins)
    every = fit_weights(origins, prior, v)
    fast = np.where(origins.kind == "fast", v, 0.0)
    away = [
        np.abs(fit_weights(origins, prior, fast, towards=every, penalty=penalty).theta - every.theta).max()
        for penalty in (1e-4, 1.0)
    ]
    assert away[1] < 0.2 * away[0]


def test_learning_lowers_the_score(origins):
    def score(weights):
        width, above = crps_terms(origins)
        f = mixture_cdf(origins, grid(), weights)
        return float((width * f * f - 2 * above * f + above).sum(axis=2).mean())

    learned = fit_weights(origins, grid(), everything(origins))
    assert score(learned) < score(Weights(np.zeros(grid_features()), learned.power, 0.0)) - 0.01


def test_the_interval_score_is_the_crps(origins):
    """Against the closed form for a distribution known to be a step at the median."""
    width, above = crps_terms(origins)
    middle = 0.5 * (origins.edges[..., 1:] + origins.edges[..., :-1])
    step = (middle >= origins.level[:, None, None]).astype(float)
    ours = (width * step**2 - 2 * above * step + above).sum(axis=2)
    np.testing.assert_allclose(ours, np.abs(origins.outcome - origins.level[:, None]), atol=width.max() / 2)


def test_cells_forecast_what_the_engine_forecasts(csv, origins):
    """The grid's forecasts, mixed by weights, are the outlook's."""
    weights = Weights(np.random.default_rng(0).standard_normal(grid_features()), 0.5, 0.0)
    prior = replace(grid(), log_weight=log_weights(weights, grid()), power=0.5)
    f = mixture_cdf(origins, grid(), weights)
    tasks = tasks_from(csv)
    for i in (0, len(tasks) // 2):
        one = tasks[i]
        figures = learning.exact_figures(one.t, one.y, 100.0)
        outlook = condition(figures, 100.0, reporting_error=0.0, wild=0.0, net=True, prior=prior)
        middle = 0.5 * (origins.edges[i, 2, 1:] + origins.edges[i, 2, :-1])
        real = middle > 0  # below the last level's reach the intervals have no width
        np.testing.assert_allclose(f[i, 2, real], outlook.cdf(one.t[-1] + 3, middle[real]), atol=1e-4)


def test_weights_are_probabilities(origins):
    w = cell_weights(grid().log_weight, 1.0, origins.log_likelihood)
    np.testing.assert_allclose(w.sum(axis=1), 1.0)


def test_each_series_counts_once_and_each_tie_alike(origins):
    """Ties count alike whatever their kinds, kinds whatever their series, series whatever their origins."""
    every = np.ones(len(origins.level), bool)
    v = series_alike(origins, every)
    total = [v[origins.series == n].sum() for n in np.unique(origins.series)]
    np.testing.assert_allclose(total, 1 / len(total))
    tied = replace(origins, kind=np.where(origins.series == "series 0", "dtp3", np.where(
        origins.series == "series 1", "mcv1", "other kind")))  # fmt: skip
    v = ties_alike(tied, every)
    share = {kind: v[tied.kind == kind].sum() for kind in np.unique(tied.kind)}
    assert share == pytest.approx({"dtp3": 1 / 4, "mcv1": 1 / 4, "other kind": 1 / 2})


def test_no_more_series_of_a_kind_and_origins_of_a_series_than_said(monkeypatch, csv):
    monkeypatch.setattr(learn_prior, "MOST_SERIES", 1)
    monkeypatch.setattr(learn_prior, "MOST_ORIGINS", 2)
    tasks = tasks_from(csv)
    assert {(one.kind, one.series) for one in tasks} == {("fast", "series 2"), ("slow", "series 0")}
    assert len(tasks) == 4


def test_an_origin_sees_nothing_later(csv):
    """Values after the origin do not change what is learned about the cells there."""
    task = tasks_from(csv)[0]
    one, other = (observe([t], grid()) for t in (task, task._replace(outcome=task.outcome * 0.9)))
    np.testing.assert_array_equal(one.cdf, other.cdf)
    np.testing.assert_array_equal(one.log_likelihood, other.log_likelihood)
    assert len(task.t) == len(task.y)
    assert task.outcome.shape == (3,)


def test_a_class_needs_three_ties_and_has_to_earn_its_weights(origins):
    """With kinds of digital ties by name, the trial is held; weights are kept where they forecast better."""
    names = np.array(["internet_users", "it_online_buyers", "broadband_per_100", "us_technology"])
    renamed = replace(origins, kind=names[np.unique(origins.series, return_inverse=True)[1]])
    learned = learn_prior.learn_weights(renamed, grid())
    assert {"digital"} <= set(learned.trials) <= {"digital", "durables", "production"}
    assert set(learned.classes) == {name for name, (plain, own) in learned.trials.items() if own < plain}
    assert learn_prior.learn_weights(origins, grid()).trials == {}
    forced = learn_prior.learn_weights(renamed, grid(), earned=["digital"])
    assert list(forced.classes) == ["digital"]


def test_weights_without_a_tie_have_not_seen_it(origins):
    """What came of a kind left out does not move the weights."""
    changed = replace(origins, outcome=np.where((origins.kind == "fast")[:, None], 99.0, origins.outcome))
    one, other = (learn_prior.leave_ties_out(o, grid(), ()) for o in (origins, changed))
    assert set(one) == {"fast", "slow"}
    np.testing.assert_array_equal(one["fast"].log_weight, other["fast"].log_weight)
    assert not np.allclose(one["slow"].log_weight, other["slow"].log_weight)


def test_ties_are_named_by_their_first_kind():
    assert [learn_prior.tie(k) for k in ("mcv1", "dtp3", "solar_share_power", "my kind")] == [
        "dtp3", "dtp3", "wind_share_power", "my kind",
    ]  # fmt: skip


def test_a_folder_of_benchmarks_gives_the_outside_view_as_well(csv, tmp_path):
    """The table is found in its folder, and the official targets are learned beside the weights."""
    (tmp_path / "kinds").mkdir()
    (tmp_path / "kinds" / "open_kinds.csv").write_bytes(csv.read_bytes())
    assert learn_prior.table_in(tmp_path) == tmp_path / "kinds" / "open_kinds.csv"
    assert learn_prior.table_in(csv) == csv
    official_targets(tmp_path / "targets", "other")
    learn_prior.learn(tmp_path, tmp_path / "prior.json", progress=False)
    view = json.loads((tmp_path / "outside.json").read_text(encoding="utf-8"))
    assert set(view["classes"]) == {"a", "b"}
    assert view["corners"]["all"]["cases"] == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.drop(columns="capacity"), "lacks the column.*capacity"),
        (lambda d: pd.concat([d, d.iloc[:1]]), "row 66, column year"),
        (lambda d: d.head(6), "no usable origin"),
    ],
)
def test_bad_tables_are_refused(tmp_path, change, message):
    path = tmp_path / "bad.csv"
    change(table()).to_csv(path, index=False)
    with pytest.raises(InputError, match=message):
        learn_prior.learn(path, progress=False)


def test_a_missing_file_is_one_sentence_and_exit_code_two(tmp_path, capsys):
    assert learn_prior.main([str(tmp_path / "none.csv")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_the_command_prints_or_writes_the_weights(csv, tmp_path, capsys):
    out = tmp_path / "w.json"
    assert learn_prior.main([str(csv), "--out", str(out)]) == 0
    assert load(out).version == learn_prior.WEIGHTS_VERSION
    capsys.readouterr()
    assert learn_prior.run(csv) == 0
    assert json.loads(capsys.readouterr().out)["power"] >= 0


def test_the_shipped_weights_forecast_sensibly():
    t = np.arange(2000.0, 2010.0)
    y = 100 * link("gompertz").from_link(link("gompertz").to_link(0.05) + 0.15 * (t - 2000))
    low, middle, high = np.quantile(forecast(t, y, [2012.0])[0], [0.05, 0.5, 0.95])
    truth = 100 * link("gompertz").from_link(link("gompertz").to_link(0.05) + 0.15 * 12)
    assert low < truth < high
    assert middle == pytest.approx(truth, rel=0.12)
