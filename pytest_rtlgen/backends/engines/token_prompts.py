"""A prompt as the tokens that a model on this machine is given."""

from collections.abc import Mapping
from typing import Protocol

from pytest_rtlgen.backends.base import GenerationRequest
from pytest_rtlgen.backends.openai.chat_answers import shorten
from pytest_rtlgen.errors import UsageError


class Tokenizer(Protocol):
    """The part of a transformers tokenizer that is used here."""

    chat_template: object

    def apply_chat_template(
        self,
        conversation: list[dict[str, str]],
        *,
        tokenize: bool,
        add_generation_prompt: bool,
        **kwargs: object,
    ) -> str:
        """Return the chat as text, ending where the assistant begins."""
        ...

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        """Return the tokens of a text."""
        ...


def encode_chat(
    tokenizer: Tokenizer, request: GenerationRequest, label: str, options: Mapping[str, object]
) -> list[int]:
    """Return the tokens of a chat, put into the model's own chat template; ``options`` are the template's.

    Raises:
        UsageError: the model has no template, or one that does not take this chat.
    """
    if not tokenizer.chat_template:
        prefix, _, model = label.partition(":")
        raise UsageError(
            f"{label}: the model has no chat template, so it is a base model; "
            f"write {prefix}-completions:{model} and add --rtlgen-prompt=completion"
        )
    messages = [{"role": message.role.value, "content": message.content} for message in request.prompt.messages]
    try:
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True, **options)
    except Exception as error:  # a template is a program of the model's author, and raises what it likes
        raise UsageError(
            f"{label}: the chat template refuses the prompt of {request.problem.problem_id} ({shorten(str(error))}); "
            "choose a prompt style without what it names"
        ) from error
    return tokenizer.encode(text, add_special_tokens=False)  # the template has written them


def encode_text(tokenizer: Tokenizer, request: GenerationRequest, label: str) -> list[int]:
    """Return the tokens of a text that a base model goes on with.

    Raises:
        UsageError: the prompt is a chat.
    """
    messages = request.prompt.messages
    if len(messages) != 1:
        raise UsageError(
            f"{label}: the prompt of {request.problem.suite}/{request.problem.problem_id} is a chat of {len(messages)} "
            "messages; a base model goes on with one text: add --rtlgen-prompt=completion"
        )
    return tokenizer.encode(messages[0].content, add_special_tokens=True)
