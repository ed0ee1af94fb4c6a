"""The package root: every promised name is there."""

import pytest

import pytest_rtlgen


@pytest.mark.parametrize("name", sorted(pytest_rtlgen.__all__))
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(pytest_rtlgen, name) is not None


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        getattr(pytest_rtlgen, "nonsense")  # noqa: B009


def test_every_public_name_and_module_has_a_docstring() -> None:
    missing = [
        name for name in pytest_rtlgen.__all__ if name != "__version__" and not getattr(pytest_rtlgen, name).__doc__
    ]
    assert missing == []
