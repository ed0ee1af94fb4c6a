"""Options become settings by name, and what decides verdicts is part of a run."""

from dataclasses import fields

import pytest

from pytest_rtlgen.check.checker import CheckSettings
from pytest_rtlgen.config import OPTIONS, Group
from pytest_rtlgen.config.resolve import resolve_call
from pytest_rtlgen.evaluation import settings as module
from pytest_rtlgen.evaluation.settings import (
    collect_deciding,
    list_deciding,
    make_backend_settings,
    make_check_settings,
    read_deciding,
)
from pytest_rtlgen.records import RunSettings, SamplingParams

GIVEN = {
    "simulator": "yosys",
    "sandbox": "off",
    "check_timeout": 10,
    "stimulus_seed": 3,
    "cycles": 77,
    "formal": "first",
    "formal_budget": 1.5,
    "cross_check": "verilator",
    "no_cache": True,
}
"""Every option of the group, as no default has it."""


def a_run(**deciding: object) -> RunSettings:
    return RunSettings(model="m", suites=(), sampling=SamplingParams(), prompt="chat", **deciding)  # type: ignore[arg-type]


def test_every_option_of_a_check_reaches_the_checker() -> None:
    assert set(GIVEN) == {option.name.replace("-", "_") for option in OPTIONS if option.group is Group.CHECK}
    made, usual = make_check_settings(resolve_call(GIVEN), jobs=3), CheckSettings()
    assert [field.name for field in fields(made) if getattr(made, field.name) == getattr(usual, field.name)] == [
        "depth"  # for rewards, which ask for the verdict alone
    ]
    assert (made.limits.wall_s, made.limits.cpu_s, made.jobs) == (10, 5, 3)
    kinds = {field.name: (type(getattr(made, field.name)), type(getattr(usual, field.name))) for field in fields(made)}
    assert {name for name, (one, other) in kinds.items() if one is not other} <= {"cycles", "cross_check"}  # None


def test_a_backend_is_told_where_and_how_to_ask() -> None:
    options = resolve_call({"base_url": "http://127.0.0.1:1/v1", "timeout": 9, "concurrency": 2, "engine": {"a": 1}})
    made = make_backend_settings(options)
    assert (made.base_url, made.timeout_s, made.concurrency) == ("http://127.0.0.1:1/v1", 9.0, 2)
    assert made.engine == (("a", "1"),)


def test_what_decides_verdicts_comes_back_from_a_run() -> None:
    options = resolve_call(GIVEN)
    kept = read_deciding(a_run(**collect_deciding(options)))
    assert kept == {option.field: getattr(options, option.field) for option in list_deciding()}


def test_an_option_without_a_field_of_its_own_is_kept_where_it_is_not_as_by_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = next(option for option in OPTIONS if option.name == "max-tokens-total")
    monkeypatch.setattr(module, "OPTIONS", (*OPTIONS, known._replace(decides_verdicts=True)))
    usual, other = resolve_call({}), resolve_call({"max_tokens_total": 7})
    assert collect_deciding(usual)["others"] == ()
    assert collect_deciding(other)["others"] == (("max-tokens-total", "7"),)
    assert read_deciding(a_run(**collect_deciding(other)))["max_tokens_total"] == 7
    assert read_deciding(a_run(**collect_deciding(usual)))["max_tokens_total"] is None
