"""Ends the supervised start once the model is right often enough for what follows to have a choice."""

import importlib
import logging
from collections.abc import Sequence
from typing import Any

from pytest_rtlgen.foreign import Foreign
from pytest_rtlgen.training.recipes.settings import Settings
from pytest_rtlgen.training.reward.callable import Reward

_LOG = logging.getLogger(__package__)


def make_early_stop(settings: Settings, reward: Reward, questions: Sequence[dict[str, Any]]) -> Foreign:
    """Return a ``TrainerCallback`` that stops as ``settings.start`` says.

    Every ``every`` steps the model answers the first ``problems`` of ``questions`` once each; training ends when the
    mean of the reward's part ``part``, ``passed`` unless it says otherwise, is ``share`` or more.
    """
    part = str(settings.start.get("part", "passed"))
    asked = questions[: int(settings.start["problems"])]
    tasks = [question["problem_id"] for question in asked]
    base: Any = importlib.import_module("transformers").TrainerCallback

    class EarlyStop(base):  # type: ignore[misc]  # the base is only known now
        """Asks every few steps."""

        def on_step_end(self, args: Foreign, state: Foreign, control: Foreign, **kwargs: object) -> None:  # noqa: ARG002
            if state.global_step % int(settings.start["every"]):
                return
            most = int(settings.evaluation["max-tokens"])
            answers = write_answers(kwargs["model"], kwargs["processing_class"], asked, most)
            share = sum(result.parts[part] for result in reward.judge(answers, tasks, step=0)) / len(tasks)
            _LOG.info("step %d: %s %.0f %%", state.global_step, part, 100 * share)
            if share >= float(settings.start["share"]):  # never unset: the trainer's own last step sets it too
                control.should_training_stop = True

    return EarlyStop()


def write_answers(model: Foreign, tokenizer: Foreign, questions: Sequence[dict[str, Any]], most: int) -> list[str]:
    """Return one answer to each question, of at most ``most`` tokens, sampled at temperature 1."""
    torch = importlib.import_module("torch")
    texts = [
        tokenizer.apply_chat_template(question["prompt"], tokenize=False, add_generation_prompt=True)
        for question in questions
    ]
    tokens = tokenizer(texts, return_tensors="pt", padding=True, padding_side="left", add_special_tokens=False)
    model.eval()
    with torch.no_grad():
        written = model.generate(
            input_ids=tokens["input_ids"].to(model.device),
            attention_mask=tokens["attention_mask"].to(model.device),
            do_sample=True,
            temperature=1.0,
            top_k=0,
            max_new_tokens=most,
        )
    model.train()
    return list(tokenizer.batch_decode(written[:, tokens["input_ids"].shape[1] :], skip_special_tokens=True))
