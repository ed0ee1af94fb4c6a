"""The three ways to ask an OpenAI-compatible endpoint, and what a request of each says.

Source: https://platform.openai.com/docs/api-reference, chat, completions and responses. A response has neither ``n``
nor ``seed``, and the service keeps it for 30 days unless ``store`` is false.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pytest_rtlgen.backends.base import GenerationRequest
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import Prompt, SamplingParams

if TYPE_CHECKING:
    import openai


class Api(StrEnum):
    """Which of the endpoint's interfaces is asked; the value is the prefix of ``--rtlgen-model``."""

    CHAT = "openai"
    COMPLETIONS = "openai-completions"
    """Goes on with a text."""
    RESPONSES = "openai-responses"
    """The only one that some models have; one sample a request, without a seed."""

    @property
    def has_samples(self) -> bool:
        """Whether one request can ask for several samples and give a seed."""
        return self is not Api.RESPONSES

    @property
    def limit(self) -> str:
        """Name of the parameter that limits an answer's tokens."""
        return "max_output_tokens" if self is Api.RESPONSES else "max_tokens"


def find_route(client: "openai.AsyncOpenAI", api: Api) -> Any:  # noqa: ANN401  three classes of the client's
    """Return the part of ``client`` that asks ``api``."""
    return {Api.CHAT: client.chat.completions, Api.COMPLETIONS: client.completions, Api.RESPONSES: client.responses}[
        api
    ]


def describe_prompt(prompt: Prompt, api: Api) -> Mapping[str, object]:
    """Return the fields of a request that hold the prompt."""
    if api is Api.COMPLETIONS:
        return {"prompt": prompt.messages[0].content}
    messages = [{"role": message.role.value, "content": message.content} for message in prompt.messages]
    return {"messages": messages} if api is Api.CHAT else {"input": messages, "store": False}


def check_for_completions(requests: Sequence[GenerationRequest], sampling: SamplingParams) -> None:
    """Refuse what the completions endpoint would answer, but not with what is meant.

    Raises:
        UsageError: no limit is given, or a prompt is a chat.
    """
    if sampling.max_tokens is None:  # OpenAI's and vLLM's default there
        raise UsageError(
            "openai-completions: the completions endpoint ends every answer after 16 tokens unless it is told "
            "otherwise; add --rtlgen-max-tokens, such as --rtlgen-max-tokens=2048"
        )
    for request in requests:
        if len(request.prompt.messages) != 1:
            raise UsageError(
                f"openai-completions: the prompt of {request.problem.suite}/{request.problem.problem_id} is a chat of "
                f"{len(request.prompt.messages)} messages; the completions endpoint goes on with one text: add "
                "--rtlgen-prompt=completion"
            )
