"""Learning the prior weights: the table, the objective, determinism, cross-fitting."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from jalur.engine.links import link
from jalur.engine.outlook import condition, forecast
from jalur.engine.prior import load, load_shapes, to_dict
from jalur.errors import InputError
from jalur.record import learn as learn_prior
from jalur.record import objective as learning
from jalur.record.objective import cell_weights, crps_terms, fit_weights, grid, mixture_cdf, observe
from jalur.record.series import COLUMNS, read_series


def table(speeds=(0.1, 0.12, 0.3, 0.35), groups=("slow", "slow", "fast", "fast"), years=16, seed=0):
    """A small made-up table of series with known paces."""
    rng = np.random.default_rng(seed)
    rows = []
    for i, (speed, group) in enumerate(zip(speeds, groups, strict=True)):
        z = link("gompertz").to_link(0.03) + np.cumsum(speed * (1 + 0.3 * rng.standard_normal(years)))
        share = link("gompertz").from_link(z)
        rows += [(group, f"series {i}", 2000 + k, 100 * s, 100) for k, s in enumerate(share)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


@pytest.fixture(scope="module")
def csv(tmp_path_factory):
    path = tmp_path_factory.mktemp("series") / "series.csv"
    table().to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def origins(csv):
    return observe(read_series(csv), grid())


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
    for name in ("pace", "slope_noise", "level_noise", "reversion", "jump_rate", "jump_size", "family"):
        np.testing.assert_array_equal(getattr(shipped, name), getattr(fresh, name))
    assert (shipped.own_share, shipped.half_life, shipped.discount) == (
        fresh.own_share,
        fresh.half_life,
        fresh.discount,
    )
    assert shipped.version == learn_prior.WEIGHTS_VERSION


def test_every_shape_ships_with_weights_of_its_own():
    shapes, own = load_shapes(), load()
    for shipped, family in zip(shapes, learning.SHAPES, strict=True):
        fresh = grid(family)
        assert [(x.family, x.shape) for x in shipped.links] == [(x.family, x.shape) for x in fresh.links]
        np.testing.assert_array_equal(shipped.pace, fresh.pace)
        assert 0.5 * np.abs(shipped.weight - own.weight).sum() > 0.05  # learned, not copied
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


def test_fast_series_teach_fast_paces(tmp_path):
    means = []
    for speed in (0.08, 0.4):
        path = tmp_path / f"{speed}.csv"
        table((speed, speed * 1.1), ("a", "a"), years=30 if speed < 0.1 else 12).to_csv(path, index=False)
        prior = learn_prior.learn(path, progress=False)[0]
        means.append(float(prior.weight @ np.log(prior.pace)))
    assert means[1] > means[0] + 0.3


def test_the_gradient_of_the_objective_is_right(origins, monkeypatch):
    """Catch the objective on its way to the optimiser and differentiate it numerically."""
    import scipy.optimize

    seen = {}

    def keep(objective, start, **_):
        seen["f"], seen["x"] = objective, start
        return scipy.optimize.OptimizeResult(x=start)

    wide = replace(origins, cdf=origins.cdf.astype(float))
    monkeypatch.setattr(scipy.optimize, "minimize", keep)
    fit_weights(wide, grid(), {})
    x = seen["x"] + 0.3 * np.random.default_rng(1).standard_normal(len(seen["x"]))
    x[-1] = 0.4
    _, slope = seen["f"](x)
    for i in (0, 5, len(x) - 2, len(x) - 1):
        step = np.zeros(len(x))
        step[i] = 1e-2
        numeric = (seen["f"](x + step)[0] - seen["f"](x - step)[0]) / 2e-2
        assert slope[i] == pytest.approx(numeric, rel=5e-3, abs=2e-5)


def test_learning_lowers_the_score(origins):
    def score(prior):
        width, above = crps_terms(origins)
        f = mixture_cdf(origins, prior)
        return float((width * f * f - 2 * above * f + above).sum(axis=2).mean())

    assert score(fit_weights(origins, grid(), {})) < score(grid()) - 0.02


def test_the_interval_score_is_the_crps(origins):
    """Against the closed form for a distribution known to be a step at the median."""
    width, above = crps_terms(origins)
    middle = 0.5 * (origins.edges[..., 1:] + origins.edges[..., :-1])
    step = (middle >= origins.level[:, None, None]).astype(float)
    ours = (width * step**2 - 2 * above * step + above).sum(axis=2)
    np.testing.assert_allclose(ours, np.abs(origins.outcome - origins.level[:, None]), atol=width.max() / 2)


def test_cells_forecast_what_the_engine_forecasts(csv, origins):
    """The grid's forecasts, mixed by equal weights, are the outlook's."""
    prior = grid()
    f = mixture_cdf(origins, prior)
    series = {s.name: s for s in read_series(csv)}
    for i in (0, len(origins.level) // 2):
        one = series[origins.name[i]]
        past = one.t <= origins.year[i]
        figures = learning.exact_figures(one.t[past], one.y[past], 100.0)
        outlook = condition(figures, 100.0, reporting_error=0.0, wild=0.0, net=True, prior=prior)
        middle = 0.5 * (origins.edges[i, 2, 1:] + origins.edges[i, 2, :-1])
        real = middle > 0  # below the last level's reach the intervals have no width
        np.testing.assert_allclose(f[i, 2, real], outlook.cdf(origins.year[i] + 3, middle[real]), atol=1e-5)


def test_weights_are_probabilities(origins):
    w = cell_weights(grid().log_weight, 1.0, origins.log_likelihood)
    np.testing.assert_allclose(w.sum(axis=1), 1.0)


def test_each_series_counts_once(origins):
    v = learning.origin_weights(origins, {"slow": 0.5})
    total = {n: v[origins.name == n].sum() for n in np.unique(origins.name)}
    assert total["series 0"] == pytest.approx(total["series 1"])
    assert total["series 2"] == pytest.approx(2 * total["series 0"])


def test_an_origin_sees_nothing_later(csv):
    """Values after the origin do not change what is learned about the cells there."""
    series = read_series(csv)[:1]
    changed = [series[0]._replace(y=np.where(series[0].t > 2008, series[0].y * 0.9, series[0].y))]
    one, other = (observe(s, grid()) for s in (series, changed))
    early = one.year <= 2008
    assert early.sum() > 2
    np.testing.assert_array_equal(one.cdf[early], other.cdf[: early.sum()])


def test_cross_fitting_reports_halves_and_groups(csv):
    scores = learn_prior.crossfit(csv, progress=False)
    assert [(s.learned_on, s.scored_on) for s in scores] == [
        ("the other half of the series", "fast"), ("the other half of the series", "slow"),
        ("slow", "fast"), ("fast", "slow"),
    ]  # fmt: skip
    for s in scores:
        assert 0 < s.scaled_crps < 5
        assert 0 <= s.in_50 <= s.in_90 <= 1
        assert sum(n for *_, n in s.reliability) <= 4 * s.origins


def test_halves_are_fixed_by_name():
    assert [learn_prior.half(n) for n in ("d", "e", "f", "g")] == [1, 0, 1, 1]


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
