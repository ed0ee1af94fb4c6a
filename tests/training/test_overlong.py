"""Soft overlong punishment, against values of the published formula computed by hand."""

import pytest

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.training.reward.overlong import shape_overlong


@pytest.mark.parametrize(
    ("length", "penalty"),
    [(0, 0.0), (16384, 0.0), (16385, -1 / 4096), (18432, -0.5), (20479, -4095 / 4096), (20480, -1.0), (99999, -1.0)],
)
def test_values_of_the_paper(length: int, penalty: float) -> None:
    assert shape_overlong(length, max_length=20480, cache=4096) == pytest.approx(penalty)


def test_factor_scales() -> None:
    assert shape_overlong(75, max_length=100, cache=50, factor=0.2) == pytest.approx(-0.1)


def test_no_penalty_is_plain_zero() -> None:
    assert str(shape_overlong(1, max_length=100, cache=50)) in {"0.0", "-0.0"}
    assert shape_overlong(1, max_length=100, cache=50) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cache": 0}, "cache=0 must be between 1 and max_length=100"),
        ({"cache": 101}, "cache=101"),
        ({"length": -1}, "length=-1"),
        ({"factor": -1.0}, "factor=-1.0"),
    ],
)
def test_bad_arguments(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        shape_overlong(**{"length": 1, "max_length": 100, "cache": 50, **arguments})  # type: ignore[arg-type]  # bad on purpose
