"""The chat of an answer is made again, and counts only if it is the one that was sent."""

from dataclasses import replace
from pathlib import Path

import pytest
from support.page_runs import COUNTER_TASK, TOLD, make_samples, save_page_run, save_repaired_run

from pytest_rtlgen.evaluation.sent_prompts import SentPrompts
from pytest_rtlgen.prompts import PromptStyle, make_prompt, render_prompt
from pytest_rtlgen.prompts.template import read_template
from pytest_rtlgen.records import Message, Prompt, Role, RunSettings, SampleResult
from pytest_rtlgen.storage import RunStore


def open_run(folder: Path, **settings: str) -> RunStore:
    store = save_page_run(folder)
    changed: RunSettings = replace(store.header.settings, **settings)  # type: ignore[arg-type]
    return RunStore(store.path, replace(store.header, settings=changed))


def sent(sample: SampleResult, prompt: Prompt) -> SampleResult:
    return replace(sample, completion=replace(sample.completion, prompt_digest=prompt.digest))


def test_the_chat_that_was_sent(tmp_path: Path) -> None:
    assert SentPrompts(open_run(tmp_path)).find(make_samples()[1]) == render_prompt(COUNTER_TASK)


def test_a_recording_has_the_chat_that_would_be_sent(tmp_path: Path) -> None:
    recorded = make_samples()[0]
    assert recorded.completion.prompt_digest == ""
    assert SentPrompts(open_run(tmp_path)).find(recorded) == render_prompt(COUNTER_TASK)


def test_another_chat_is_not_passed_off_as_the_one_that_was_sent(tmp_path: Path) -> None:
    other = make_prompt(COUNTER_TASK, (Message(role=Role.USER, content="Something else."),))
    assert SentPrompts(open_run(tmp_path)).find(sent(make_samples()[1], other)) is None


@pytest.mark.parametrize("style", ["nonesuch.txt sha256:00", "published shots=1 spec-to-rtl:sha256:00", "published"])
def test_what_cannot_be_made_again_is_none(style: str, tmp_path: Path) -> None:
    assert SentPrompts(open_run(tmp_path, prompt=style)).find(make_samples()[1]) is None


def test_the_chat_of_a_repaired_answer_goes_on_from_the_first(tmp_path: Path) -> None:
    store, base = save_repaired_run(tmp_path), render_prompt(COUNTER_TASK)
    found = {sample.key.index: SentPrompts(store).find(sample) for sample in store.read_run().samples}
    repaired = found[2]
    assert repaired is not None
    assert repaired.messages[: len(base.messages)] == base.messages
    assert [message.role for message in repaired.messages[len(base.messages) :]] == [Role.ASSISTANT, Role.USER]
    assert TOLD.text in repaired.messages[-1].content
    assert found[3] == base


def test_a_template_counts_while_it_is_what_it_was(tmp_path: Path) -> None:
    path = tmp_path / "template.txt"
    path.write_text("Please: {description}")
    style = PromptStyle(name=str(path), template=read_template(path))
    asked = render_prompt(COUNTER_TASK, style)
    store, sample = open_run(tmp_path / "runs", prompt=str(style)), sent(make_samples()[1], asked)
    assert SentPrompts(store).find(sample) == asked
    path.write_text("Now: {description}")
    assert SentPrompts(store).find(sample) is None
