"""The batched filter against independent computations: statsmodels, and dense Gaussian algebra."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import multivariate_normal

from jalur.engine.figures import Figures
from jalur.engine.filter import Event, kalman, transition
from jalur.engine.links import FAMILIES, link
from jalur.engine.outlook import condition
from jalur.engine.posterior import OFFSET_SD, posterior
from jalur.engine.prior import make
from jalur.engine.scale import Scale, Units

T = np.array([2010.0, 2010.4, 2011.9, 2012.0, 2015.25, 2016.0])
Y = np.array([6.0, 7.5, 12.0, 11.5, 30.0, 41.0])


def law(family="gompertz", pace=0.15, **changes):
    """One growth law that does not look at the figures: pace and scatter are both `pace`, whatever the series."""
    units = Units(typical_pace=pace, typical_scatter=pace, own_share=0.0, increments=1e15)
    values = {"slope_noise": 0.5, "level_noise": 0.3, "reversion": 0.7, "slope_spread": 0.5 / 2**0.5} | changes
    return make(families=(family,), pace_own=1.0, units=units, **values)


def laws(prior):
    """The prior's growth laws for a series of years."""
    pace, scatter = prior.units.typical_pace, prior.units.typical_scatter
    return prior.laws([Scale(1.0, pace, pace, scatter, 0.0, 0.0, 0.1)] * len(prior.links))


def points(t=T, y=Y, half_width=0.25, source=None, floor=None):
    n = len(t)
    return Figures(
        np.array(t, float), np.array(y, float), np.full(n, half_width),
        np.zeros(n, bool) if floor is None else np.array(floor), tuple(source or "a" * n), tuple(map(str, range(n))),
    )  # fmt: skip


@pytest.mark.parametrize("family", [f for f in FAMILIES if f != "weibull"])
def test_log_likelihood_equals_statsmodels(family):
    from statsmodels.tsa.statespace.kalman_filter import KalmanFilter

    prior = law(family)
    ours = posterior(points(), 100.0, prior, reporting_error=0.03, wild=0.0).filtered.log_likelihood[0]
    g = link(family)
    z, jacobian = g.to_link(Y / 100), g.slope(Y / 100) / 100
    variance = jacobian**2 * (0.25**2 / 3 + (0.03 * Y) ** 2) + 1e-12
    pace = 0.15
    steps = [[float(x[0]) for x in transition(laws(prior), np.array([gap]))] for gap in np.diff(T)]
    move = [np.array([[1, h], [0, e]]) for h, e, *_ in steps]
    drift = [
        np.array([pace * gap - h * pace, pace - e * pace]) for (h, e, *_), gap in zip(steps, np.diff(T), strict=True)
    ]
    noise = [np.array([[a, b], [b, d]]) for _, _, a, b, d in steps]
    model = KalmanFilter(k_endog=1, k_states=2)
    model.bind(z[1:, None].copy())
    model["design"] = np.array([[1.0, 0.0]])
    model["selection"] = np.eye(2)
    # statsmodels predicts period i + 1 with the matrices of period i; the last ones are not used.
    model["transition"] = np.stack([*move[1:], np.eye(2)], axis=-1)
    model["state_intercept"] = np.stack([*drift[1:], np.zeros(2)], axis=-1)
    model["state_cov"] = np.stack([*noise[1:], np.eye(2)], axis=-1)
    model["obs_cov"] = variance[1:].reshape(1, 1, -1)
    start = np.diag([variance[0], (0.5 * pace) ** 2])
    model.initialize_known(move[0] @ [z[0], pace] + drift[0], move[0] @ start @ move[0].T + noise[0])
    model.tolerance = 0.0
    theirs = model.loglike() + np.log(jacobian[1:]).sum()
    assert ours == pytest.approx(theirs, abs=1e-8)


@pytest.mark.parametrize("gap", [1e-9, 1e-5, 1e-3, 0.01, 1.0, 7.0])
@pytest.mark.parametrize("reversion", [0.05, 0.9])
def test_transition_is_the_exact_discretisation(gap, reversion):
    """Van Loan's block exponential gives the same matrices."""
    prior = law(reversion=reversion)
    h, e, q11, q12, q22 = (float(x[0]) for x in transition(laws(prior), np.array([gap])))
    drift = np.array([[0.0, 1.0], [0.0, -reversion]])
    diffusion = np.diag([(0.3 * 0.15) ** 2, (0.5 * 0.15) ** 2])
    block = expm(np.block([[-drift, diffusion], [np.zeros((2, 2)), drift.T]]) * gap)
    move = block[2:, 2:].T
    noise = move @ block[:2, 2:]
    np.testing.assert_allclose([1.0, h, e], [move[0, 0], move[0, 1], move[1, 1]], rtol=1e-9)
    np.testing.assert_allclose([q11, q12, q22], [noise[0, 0], noise[0, 1], noise[1, 1]], rtol=1e-6, atol=1e-16)


@pytest.mark.parametrize("gap", [1e-9, 1e-6, 1e-4])
def test_short_gaps_do_not_cancel(gap):
    """Without level noise the variance over a short gap is ``slope variance * gap**3 / 3``."""
    q11 = transition(laws(law(level_noise=0.0, reversion=0.5)), np.array([gap]))[2][0]
    assert q11 == pytest.approx((0.5 * 0.15) ** 2 * gap**3 / 3, rel=1e-3)


def test_the_discretisation_is_smooth_where_it_changes_form():
    prior = law(reversion=1.0)
    below, above = (transition(laws(prior), np.array([1e-3 * f]))[2][0] for f in (0.999999, 1.000001))
    assert above / below == pytest.approx(1.0, abs=1e-5)


def dense(prior, t, wanted, variance, z, effect):
    """Posterior of the levels at `wanted` given all figures, from the joint normal of everything.

    Each date's state is a sum of independent parts: the (diffuse) start and one shock a gap, carried forward.
    """
    pace = prior.units.typical_pace
    dates = np.unique(np.concatenate([t, wanted]))
    n = len(dates)
    mean = [np.array([z[0], pace])]
    parts = [[np.diag([1e4, 0.5 * pace])]]
    for gap in np.diff(dates):
        h, e, a, b, d = (float(x[0]) for x in transition(laws(prior), np.array([gap])))
        move = np.array([[1, h], [0, e]])
        mean.append(move @ mean[-1] + pace * np.array([gap - h, 1 - e]))
        parts.append([move @ p for p in parts[-1]] + [np.linalg.cholesky(np.array([[a, b], [b, d]]))])
    rows = np.zeros((n, 2 * n))
    for i, several in enumerate(parts):
        rows[i, : 2 * len(several)] = np.concatenate([p[0] for p in several])
    cov, level = rows @ rows.T, np.array([m[0] for m in mean])
    seen, asked = np.searchsorted(dates, t), np.searchsorted(dates, wanted)
    observed = cov[np.ix_(seen, seen)] + np.outer(effect, effect) * OFFSET_SD**2 + np.diag(variance)
    gain = np.linalg.solve(observed, cov[np.ix_(seen, asked)]).T
    return level[asked] + gain @ (z - level[seen]), cov[np.ix_(asked, asked)] - gain @ cov[np.ix_(seen, asked)]


def test_smoothed_levels_and_offsets_equal_dense_algebra():
    """Past levels by augmentation, with the offset of a second body, against the joint normal of all dates."""
    prior = law()
    sources = ["a", "b", "a", "b", "b", "a"]
    wanted = np.array([2010.9, 2014.0, 2016.0])
    result = posterior(points(source=sources), 100.0, prior, reporting_error=0.03, reference_source="a",
                       past_t=wanted[:2], wild=0.0)  # fmt: skip
    g = link("gompertz")
    z, jacobian = g.to_link(Y / 100), g.slope(Y / 100) / 100
    variance = jacobian**2 * (0.25**2 / 3 + (0.03 * Y) ** 2) + 1e-12
    bodies = np.array([s == "b" for s in sources], float)
    mean, cov = dense(prior, T, wanted, variance, z, bodies * jacobian * Y)
    order = [2, 3, 0]
    np.testing.assert_allclose(result.filtered.mean[order, 0], mean, atol=2e-6)
    np.testing.assert_allclose(result.filtered.covariance[np.ix_(order, order)][:, :, 0], cov, atol=2e-6)


def test_the_offset_of_a_body_with_one_figure_is_an_error_of_its_own():
    """Carrying it as a state or adding its variance gives the same levels."""
    prior = law()
    one = posterior(points(source=["a", "a", "b", "a", "a", "a"]), 100.0, prior, reporting_error=0.02,
                    reference_source="a", wild=0.0)  # fmt: skip
    assert len(one.filtered.mean) == 2
    wider = replace(points(), half_width=np.where(np.arange(6) == 2, np.sqrt(0.25**2 + 3 * (0.03 * 12.0) ** 2), 0.25))
    other = posterior(wider, 100.0, prior, reporting_error=0.02, wild=0.0)
    np.testing.assert_allclose(one.filtered.mean, other.filtered.mean, rtol=1e-9)


def test_jumps_and_wild_figures_are_the_right_mixture():
    """With two figures the evidence is a mixture of normals that can be written down."""
    prior = law(jump_rate=0.3, jump_size=4.0)
    t, y = T[[0, 2]], Y[[0, 2]]
    ours = posterior(points(t, y), 100.0, prior, reporting_error=0.0, wild=0.1).filtered
    g = link("gompertz")
    z, jacobian = g.to_link(y / 100), g.slope(y / 100) / 100
    error = jacobian**2 * 0.25**2 / 3 + 1e-12
    gap = 1.9
    h, _, q11, _, _ = (float(x[0]) for x in transition(laws(prior), np.array([gap])))
    before = error[0] * (1 + 0.1 * 99) + h**2 * (0.5 * 0.15) ** 2 + q11
    jump, chance = (4 * 0.15) ** 2, 1 - np.exp(-0.3 * gap)
    parts = [
        (wild * jumped, before + add + error[1] * factor)
        for wild, factor in ((0.9, 1), (0.1, 100))
        for jumped, add in ((1 - chance, 0), (chance, jump))
    ]
    density = sum(w * multivariate_normal.pdf(z[1], z[0] + 0.15 * gap, v) for w, v in parts)
    assert ours.log_likelihood[0] == pytest.approx(np.log(density * jacobian[1]), abs=1e-9)
    # Mean and variance of the level, by the same mixture.
    shares = np.array([w * multivariate_normal.pdf(z[1], z[0] + 0.15 * gap, v) for w, v in parts])
    shares /= shares.sum()
    v = z[1] - z[0] - 0.15 * gap
    prior_var = np.array([before, before + jump] * 2)
    total = np.array([p for _, p in parts])
    means, variances = prior_var / total * v, prior_var - prior_var**2 / total
    mean = shares @ means
    assert ours.mean[0, 0] == pytest.approx(z[0] + 0.15 * gap + mean, abs=1e-10)
    assert ours.covariance[0, 0, 0] == pytest.approx(shares @ (variances + (means - mean) ** 2), abs=1e-12)


def test_at_least_is_a_truncated_normal():
    prior = law()
    figures = points(T[[0, 2]], Y[[0, 2]], floor=[False, True])
    ours = posterior(figures, 100.0, prior, reporting_error=0.05, wild=0.0).filtered
    open_end = posterior(points(T[[0]], Y[[0]]), 100.0, prior, reporting_error=0.05, wild=0.0)
    rng = np.random.default_rng(3)
    h, _, q11, _, _ = (float(x[0]) for x in transition(laws(prior), np.array([1.9])))
    start = open_end.filtered
    n = 400_000
    level = (
        start.mean[0, 0]
        + 0.15 * 1.9
        + rng.standard_normal(n) * np.sqrt(start.covariance[0, 0, 0] + h**2 * start.covariance[1, 1, 0] + q11)
    )
    g = link("gompertz")
    sd = g.slope(0.12) / 100 * np.sqrt(0.25**2 / 3 + (0.05 * 12) ** 2)
    seen = level + sd * rng.standard_normal(n) >= g.to_link(0.12)
    assert ours.mean[0, 0] == pytest.approx(level[seen].mean(), abs=2e-3)
    assert ours.covariance[0, 0, 0] == pytest.approx(level[seen].var(), rel=0.02)
    assert ours.log_likelihood[0] == pytest.approx(np.log(seen.mean()), abs=5e-3)


def test_cells_do_not_disturb_each_other():
    many = make(families=("gompertz", "weibull", "bass"), family=[0, 1, 2, 0], pace_own=[0.1, 0.2, 0.3, 0.4],
                slope_noise=0.5, level_noise=[0.1, 0.2, 0.3, 0.4], reversion=0.8, jump_rate=0.1,
                jump_size=3.0)  # fmt: skip
    together = posterior(points(), 100.0, many, reporting_error=0.02).filtered
    for i in range(4):
        alone = posterior(points(), 100.0, many.take(np.array([i])), reporting_error=0.02).filtered
        assert together.log_likelihood[i] == pytest.approx(alone.log_likelihood[0], abs=1e-10)
        np.testing.assert_allclose(together.mean[:, i], alone.mean[:, 0], atol=1e-12)


def test_old_evidence_is_discounted():
    prior = law()
    t = np.array([2000.0, 2001.5, 2003.0, 2006.0, 2008.0, 2012.0])  # no gap below a year: the clock is the calendar's
    parts = [posterior(points(t[:k], Y[:k]), 100.0, prior, reporting_error=0.02, wild=0.0).filtered.log_likelihood[0]
             for k in range(1, 7)]  # fmt: skip
    by_hand = sum(d * 0.5 ** (t[-1] - t[k + 1]) for k, d in enumerate(np.diff(parts)))
    half = posterior(points(t), 100.0, replace(prior, discount=0.5), reporting_error=0.02, wild=0.0)
    assert half.filtered.log_likelihood[0] == pytest.approx(by_hand, abs=1e-10)


def test_evidence_adds_up_over_cells():
    prior = make(pace_own=[0.5, 1.5], slope_noise=0.5, level_noise=0.3, reversion=0.7, log_weight=[0.0, 1.0])
    filtered = posterior(points(), 100.0, prior, reporting_error=0.02).filtered
    whole = condition(points(), 100.0, prior=prior)
    assert whole.log_evidence == pytest.approx(np.log(prior.weight @ np.exp(filtered.log_likelihood)), abs=1e-10)
    share = prior.weight * np.exp(filtered.log_likelihood - whole.log_evidence)
    np.testing.assert_allclose(whole.weight, share, atol=1e-10)


def test_a_gap_in_whole_years_is_the_same_as_a_fractional_number():
    prior = law(level_noise=0.2, reversion=0.5)
    for whole, real in zip(
        transition(laws(prior), np.array([2])), transition(laws(prior), np.array([2.0])), strict=True
    ):
        np.testing.assert_array_equal(whole, real)


def test_a_kept_level_has_the_moments_of_the_enumerated_mixture():
    """One gap cut by two kept dates; a jump in any of the three pieces, or none: each conditioned by hand."""
    cell = law(pace=0.2, level_noise=0.4, jump_rate=0.6, jump_size=3.0)
    mean, cov = np.zeros((4, 1)), np.zeros((4, 4, 1))
    mean[:2, 0], cov[0, 0], cov[1, 1] = (0.1, 0.2), 0.01, 0.02
    dates, figure, error = (0.3, 0.8, 1.0), 0.9, 0.004
    events = [Event(np.array([d]), d, keep=2 + i) for i, d in enumerate(dates[:2])]
    events.append(Event(np.array([1.0]), 1.0, np.array([figure]), np.array([error])))
    found = kalman(laws(cell), mean.copy(), cov.copy(), np.zeros(1), np.zeros(1), 0.0, events)

    # The joint law of (z, b, z at the first kept date, z at the second) before the figure, without a jump.
    m, p = mean[:, 0].copy(), cov[:, :, 0].copy()
    for i, (start, end) in enumerate(zip((0.0, *dates[:2]), dates, strict=True)):
        h, e, q11, q12, q22 = (float(x[0]) for x in transition(laws(cell), np.array([end - start])))
        step = np.eye(4)
        step[0, 1], step[1, 1] = h, e
        m = step @ m + np.array([0.2 * (end - start) - h * 0.2, 0.2 * (1 - e), 0, 0])
        p = step @ p @ step.T
        p[:2, :2] += [[q11, q12], [q12, q22]]
        if i < 2:
            copy = np.eye(4)
            copy[2 + i] = [1, 0, 0, 0]
            m, p = copy @ m, copy @ p @ copy.T
    happens = 1 - np.exp(-0.6)
    cases = [(1 - happens, np.zeros(4))]
    places = ((0.3, (1, 0, 1, 1)), (0.5, (1, 0, 0, 1)), (0.2, (1, 0, 0, 0)))
    cases += [(happens * share, np.array(moved, float)) for share, moved in places]
    weights, means, spreads = [], [], []
    for chance, d in cases:
        whole = p + (3.0 * 0.2) ** 2 * np.outer(d, d)
        total = whole[0, 0] + error
        weights.append(chance * np.exp(-0.5 * (figure - m[0]) ** 2 / total) / np.sqrt(2 * np.pi * total))
        means.append(m + whole[0] * (figure - m[0]) / total)
        spreads.append(whole - np.outer(whole[0], whole[0]) / total)
    w = np.array(weights) / sum(weights)
    middle = sum(x * y for x, y in zip(w, means, strict=True))
    spread = sum(x * (s + np.outer(y - middle, y - middle)) for x, s, y in zip(w, spreads, means, strict=True))
    np.testing.assert_allclose(found.mean[:, 0], middle, rtol=1e-10)
    np.testing.assert_allclose(found.covariance[:, :, 0], spread, rtol=1e-9, atol=1e-14)
    assert found.log_likelihood[0] == pytest.approx(np.log(sum(weights)), abs=1e-10)
