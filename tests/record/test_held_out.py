"""Weights that have not seen the kind of a series."""

import numpy as np
import pytest

from jalur.engine import outlook, prior
from jalur.record.backtest import Origin, forecast_with
from jalur.record.held_out import HeldOut
from jalur.record.learn import SHAPES
from jalur.record.series import Series

NAMES = ("a", "d", "e", "g")
KINDS = ("dtp3", "mcv1", "other", "other")  # the first two are one tie


def curves(changed: str = "") -> list[Series]:
    """Four logistic curves in three kinds, two of them tied; the one named is made much faster."""
    t = np.arange(2000.0, 2016.0)
    found = []
    for k, (name, kind) in enumerate(zip(NAMES, KINDS, strict=True)):
        rate = 0.3 + 0.05 * k + (0.6 if name == changed else 0.0)
        found.append(Series(kind, name, t, 100 / (1 + np.exp(-rate * (t - 2009))), 100.0))
    return found


@pytest.fixture(scope="module")
def held_out():
    return HeldOut(curves())


@pytest.mark.parametrize("name", NAMES[:2])
def test_a_series_cannot_move_the_weights_that_its_tie_is_forecast_with(held_out, name):
    other = HeldOut(curves(changed=name), shapes=False)
    assert set(other.without) == {"dtp3", "other"}
    assert np.array_equal(held_out.without["dtp3"].log_weight, other.without["dtp3"].log_weight)
    assert not np.allclose(held_out.without["other"].log_weight, other.without["other"].log_weight)


def test_each_origin_gets_the_weights_that_have_not_seen_its_tie(held_out):
    for one in curves():
        origin = Origin(one.group, one.name, tuple(one.t[:9]), tuple(one.y[:9]), (2009.0,), (50.0,), 100.0)
        args = (one.t[:9], one.y[:9], [2009.0, 2011.0], 100.0, 300, 4)
        mine = held_out.without["other" if one.group == "other" else "dtp3"]
        assert np.array_equal(held_out.unseen(origin)(*args), forecast_with(mine, *args))
        assert not np.array_equal(forecast_with(mine, *args), outlook.forecast(*args))
        for family, by_tie in held_out.shapes.items():
            got = held_out.with_shape(family, origin)(*args)
            own = by_tie["other" if one.group == "other" else "dtp3"]
            assert np.array_equal(got, forecast_with(own, *args))
            assert not np.array_equal(got, forecast_with(mine, *args))


def test_every_other_shape_is_held_out_alike(held_out):
    assert list(held_out.shapes) == [one if isinstance(one, str) else one[0] for one in SHAPES]
    for family, by_tie in held_out.shapes.items():
        assert {p.links[0].family for p in by_tie.values()} == {family}
        assert set(by_tie) == {"dtp3", "other"}


def test_with_the_shipped_weights_it_is_the_forecast_of_the_engine():
    one = curves()[0]
    args = (one.t[:9], one.y[:9], [2009.0, 2011.0], 100.0, 300, 4)
    assert np.array_equal(forecast_with(prior.load(), *args), outlook.forecast(*args))
    declared = forecast_with(prior.load(), *args, kind_class="digital")
    assert np.array_equal(declared, outlook.forecast(*args, kind_class="digital"))
    assert not np.array_equal(declared, outlook.forecast(*args))


def test_one_tie_or_no_series_leaves_nothing_to_hold_out():
    tied = HeldOut(curves()[:2])
    assert (tied.without, tied.shapes, tied.classes) == ({}, {}, ())
    assert HeldOut([]).without == {}
