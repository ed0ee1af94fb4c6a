"""The price table: what it may hold, and what tokens cost by it."""

from pathlib import Path

import pytest

from pytest_rtlgen.backends.spending.prices import Price, explain_missing, load_prices
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import TokenUsage


def test_a_table_a_model(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text('["gpt-4.1"]\nprompt = 2.00\ncompletion = 8\n\n[own-model]\nprompt = 0\ncompletion = 0\n')
    assert load_prices(path) == {
        "gpt-4.1": Price(prompt=2.0, completion=8.0),
        "own-model": Price(prompt=0.0, completion=0.0),
    }


@pytest.mark.parametrize(
    ("usage", "usd"),
    [
        (TokenUsage(prompt=1_000_000, completion=0), 2.0),
        (TokenUsage(prompt=0, completion=500_000, reasoning=400_000), 4.0),  # reasoning is part of it
        (TokenUsage(prompt=3), 0.000006),
        (TokenUsage(), 0.0),
    ],
)
def test_what_tokens_cost(usage: TokenUsage, usd: float) -> None:
    assert Price(prompt=2.0, completion=8.0).measure_usd(usage) == pytest.approx(usd)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[m]\nprompt = 1\n", r"\[m\] must hold prompt = USD and completion = USD, for a million tokens each"),
        ("[m]\nprompt = 1\ncompletion = 1\ncached = 1\n", "and nothing else"),
        ("[gpt-4.1]\nprompt = 1\ncompletion = 1\n", r'a name with dots is quoted, as in \["gpt-4.1"\]'),
        ("m = 3\n", r"\[m\] must hold"),
        ('[m]\nprompt = "1"\ncompletion = 1\n', r"\[m\] prompt must be a number, 0 or more"),
        ("[m]\nprompt = 1\ncompletion = -1\n", r"\[m\] completion must be a number"),
        ("[m]\nprompt = nan\ncompletion = 1\n", r"\[m\] prompt must be a number"),
        ("[m]\nprompt = inf\ncompletion = 1\n", r"\[m\] prompt must be a number"),
        ("[m]\nprompt = true\ncompletion = 1\n", r"\[m\] prompt must be a number"),
        ("[m\n", "is no TOML: .*fix the file"),
    ],
)
def test_what_is_no_price_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=rf"--rtlgen-prices=.*prices\.toml: .*{message}"):
        load_prices(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.toml: cannot be read: No such file or directory; check the path"):
        load_prices(tmp_path / "none.toml")


def test_how_to_write_a_price_is_described() -> None:
    assert explain_missing("gpt-4.1", None) == (
        "no price for 'gpt-4.1'; write a table [\"gpt-4.1\"] with prompt = USD and completion = USD, for a million "
        "tokens each, to a file that --rtlgen-prices names"
    )
    assert explain_missing("m", Path("p.toml")).endswith(", to p.toml")
