"""Prior weights that are read back: only those that make sense."""

import copy
import json
from importlib import resources

import pytest

from jalur.engine import prior
from jalur.errors import InputError

SHIPPED = json.loads(resources.files("jalur.engine").joinpath("prior.json").read_text(encoding="utf-8"))


def test_the_shipped_weights_are_read():
    assert len(prior.from_dict(copy.deepcopy(SHIPPED))) == len(SHIPPED["log_weight"])


@pytest.mark.parametrize("name", prior.PARAMETERS)
@pytest.mark.parametrize("change", [lambda x: x[:-1], lambda x: [x], lambda x: [1e300, *x[1:]], lambda x: x[0]])
def test_a_parameter_is_a_list_of_sensible_numbers_one_for_each_law(name, change):
    data = copy.deepcopy(SHIPPED)
    data["cells"][name] = change(data["cells"][name])
    with pytest.raises(InputError, match=name):
        prior.from_dict(data)


def test_a_family_is_a_whole_number():
    data = copy.deepcopy(SHIPPED)
    data["cells"]["family"][0] = 0.5
    with pytest.raises(InputError, match="whole number"):
        prior.from_dict(data)


@pytest.mark.parametrize("spread", [-1, 1e9, float("nan")])
def test_the_spread_of_the_first_slope_has_a_range(spread):
    with pytest.raises(InputError, match="slope_spread"):
        prior.from_dict(copy.deepcopy(SHIPPED) | {"slope_spread": spread})
