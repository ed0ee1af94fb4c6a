"""What requests may cost, before the first of them is sent."""

from collections.abc import Sequence

from pytest_rtlgen.backends.base import GenerationRequest
from pytest_rtlgen.backends.spending.prices import Price
from pytest_rtlgen.records import SamplingParams, TokenUsage

_CHARACTERS = 4
"""Of English and code, in a token."""


def describe_estimate(requests: Sequence[GenerationRequest], sampling: SamplingParams, price: Price | None) -> str:
    """Return how many answers are asked for, in how many tokens, and the most that they cost where that is known.

    The tokens of prompts are estimated from their characters, each answer with a prompt of its own; those of the
    answers are at most ``sampling.max_tokens`` each.
    """
    answers = sum(len(request.indices) for request in requests)
    characters = sum(
        len(message.content) * len(request.indices) for request in requests for message in request.prompt.messages
    )
    prompts = characters // _CHARACTERS
    asked = f"asking for {answers:,} answers, about {prompts:,} tokens of prompts"
    if sampling.max_tokens is None:
        return f"{asked} and answers of any length"
    most = answers * sampling.max_tokens
    cost = price.measure_usd(TokenUsage(prompt=prompts, completion=most)) if price is not None else None
    return f"{asked} and at most {most:,} of answers" + (f": at most ${cost:.2f}" if cost is not None else "")
