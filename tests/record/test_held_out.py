"""Weights that have not seen a series, or its kind."""

import numpy as np
import pytest

from jalur.engine import outlook, prior
from jalur.record import learn as learn_prior
from jalur.record.backtest import Origin
from jalur.record.held_out import HeldOut, forecast_with
from jalur.record.series import Series

NAMES = ("a", "d", "e", "g")
KINDS = ("kind", "kind", "other", "other")


def curves(changed: str = "") -> list[Series]:
    """Four logistic curves in two kinds; the one named is made much faster."""
    t = np.arange(2000.0, 2016.0)
    found = []
    for k, (name, kind) in enumerate(zip(NAMES, KINDS, strict=True)):
        rate = 0.3 + 0.05 * k + (0.6 if name == changed else 0.0)
        found.append(Series(kind, name, t, 100 / (1 + np.exp(-rate * (t - 2009))), 100.0))
    return found


@pytest.fixture(scope="module")
def held_out():
    return HeldOut(curves())


def test_the_names_cover_both_halves():
    assert {learn_prior.half(name) for name in NAMES} == {0, 1}


@pytest.mark.parametrize("name", NAMES[:2])
def test_a_series_cannot_move_the_weights_it_is_forecast_with(held_out, name):
    other, mine = HeldOut(curves(changed=name)), learn_prior.half(name)
    assert np.array_equal(held_out.other_half[mine].log_weight, other.other_half[mine].log_weight)
    assert not np.allclose(held_out.other_half[1 - mine].log_weight, other.other_half[1 - mine].log_weight)
    assert np.array_equal(held_out.other_kinds["kind"].log_weight, other.other_kinds["kind"].log_weight)
    assert not np.allclose(held_out.other_kinds["other"].log_weight, other.other_kinds["other"].log_weight)


def test_each_origin_gets_the_weights_that_have_not_seen_it(held_out):
    for one in curves():
        origin = Origin(one.group, one.name, tuple(one.t[:9]), tuple(one.y[:9]), (2009.0,), (50.0,), 100.0)
        args = (one.t[:9], one.y[:9], [2009.0, 2011.0], 100.0, 300, 4)
        mine, kind = held_out.other_half[learn_prior.half(one.name)], held_out.other_kinds[one.group]
        assert np.array_equal(held_out.by_series(origin)(*args), forecast_with(mine, *args))
        assert np.array_equal(held_out.by_kind(origin)(*args), forecast_with(kind, *args))
        assert not np.array_equal(forecast_with(mine, *args), outlook.forecast(*args))
        for family, by_half in held_out.shapes.items():
            got = held_out.with_shape(family, origin)(*args)
            assert np.array_equal(got, forecast_with(by_half[learn_prior.half(one.name)], *args))
            assert not np.array_equal(got, forecast_with(mine, *args))


def test_every_other_shape_is_held_out_alike(held_out):
    assert list(held_out.shapes) == ["logistic", "bass", "saturating", "line"]
    for family, by_half in held_out.shapes.items():
        assert {p.links[0].family for p in by_half.values()} == {family}
        other = HeldOut(curves(changed="a")).shapes[family]
        mine = learn_prior.half("a")
        assert np.array_equal(by_half[mine].log_weight, other[mine].log_weight)
        assert not np.allclose(by_half[1 - mine].log_weight, other[1 - mine].log_weight)


def test_with_the_shipped_weights_it_is_the_forecast_of_the_engine():
    one = curves()[0]
    args = (one.t[:9], one.y[:9], [2009.0, 2011.0], 100.0, 300, 4)
    assert np.array_equal(forecast_with(prior.load(), *args), outlook.forecast(*args))


def test_one_kind_or_one_half_or_no_series_leaves_nothing_to_hold_out():
    alone = HeldOut(curves()[:1])
    assert (alone.other_half, alone.other_kinds, alone.shapes) == ({}, {}, {})
    assert HeldOut([]).other_half == {}
