"""The recipe of docs/how-to/train-with-salv.md: problems, configurations, pairs, and two steps of each loss."""

import dataclasses
import json
import logging
import re
import shutil
import warnings
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from support.recipe_runs import ON_CPU, make_run

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.training.recipes import salv
from pytest_rtlgen.training.recipes.data import list_questions, read_chats, write_sets
from pytest_rtlgen.training.recipes.easy import make_output_tasks
from pytest_rtlgen.training.recipes.program import Recipe, run_recipe
from pytest_rtlgen.training.recipes.salv.__main__ import RECIPE
from pytest_rtlgen.training.recipes.salv.dpo import make_trainer, read_progress, train_dpo
from pytest_rtlgen.training.recipes.salv.pairs import count_pairs, sample_answers, write_preferences
from pytest_rtlgen.training.recipes.salv.settings import SalvSettings
from pytest_rtlgen.training.recipes.settings import DataSettings, find_configuration, read_settings
from pytest_rtlgen.training.recipes.small_model import write_small_model
from pytest_rtlgen.training.recipes.trainers import make_supervised_trainer
from pytest_rtlgen.training.signals.export import read_pairs
from pytest_rtlgen.training.signals.preferences import DroppedPair, PreferenceReport
from pytest_rtlgen.verilog.slicing import slice_outputs

FOLDER = Path(salv.__file__).parent
COUNTS = {"demonstrations": 5, "train": 2, "held_out": 2}


def make_settings(out: Path, **changes: Any) -> SalvSettings:
    whole = SalvSettings(
        out=out,
        seed=7,
        prompt=str(FOLDER / "tiny_prompt.txt"),
        data=DataSettings(
            generated=COUNTS, demonstrations=f"{out}/demonstrations.jsonl", train=(f"references:{out}/train.jsonl",)
        ),
        model={},
        sft={},
        sample={"backend": "replay", "n": 3},
        dpo={},
        evaluation={},
    )
    return dataclasses.replace(whole, **changes)


def read_rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_description_asks_for_its_reference_and_no_two_are_alike() -> None:
    tasks = list(islice(make_output_tasks(1), 3000))
    assert tasks == list(islice(make_output_tasks(1), 3000)) != list(islice(make_output_tasks(2), 3000))
    assert len({task.description for task in tasks}) == len({task.reference for task in tasks}) == 3000
    nand = next(task for task in tasks if "x is the NAND of a and b." in task.description)
    assert "  assign x = ~(a & b);\n" in nand.reference


def test_each_output_has_a_line_of_its_own() -> None:
    source = next(make_output_tasks(1)).reference
    slices = slice_outputs(source, "top_module")
    assert slices is not None
    for name in ("x", "y", "z"):
        text = "".join(source[span.start : span.stop] for span in slices[name])
        assert re.findall(r"assign (\w)", text) == [name]


@pytest.mark.parametrize("name", ["tiny", "7b"])
def test_configurations_are_read(name: str, tmp_path: Path) -> None:
    settings = read_settings(SalvSettings, find_configuration(name, FOLDER), tmp_path)
    assert settings.data.held_out
    assert "{out}" not in str(settings)


@pytest.mark.training_stack
@pytest.mark.parametrize("name", ["tiny", "7b"])
def test_configurations_name_what_the_libraries_know(name: str, tmp_path: Path) -> None:
    import peft
    import trl

    settings = read_settings(SalvSettings, find_configuration(name, FOLDER), tmp_path)
    lora = settings.peft.get("dpo", {})
    kinds = ((trl.SFTConfig, settings.sft), (trl.DPOConfig, settings.dpo), (peft.LoraConfig, lora))
    for kind, given in kinds:
        assert set(given) <= {field.name for field in dataclasses.fields(kind)}


def test_references_can_be_the_demonstrations(tmp_path: Path) -> None:
    row = {"problem_id": "one", "instruction": "Pass a on.", "reference": "module m(input a, output y);\nendmodule\n"}
    (tmp_path / "kept.jsonl").write_text(json.dumps(row), encoding="utf-8")
    data = DataSettings(demonstrations=f"references:{tmp_path}/kept.jsonl")
    (chat,) = read_chats(make_settings(tmp_path, data=data, prompt="salv"))
    assert [message["role"] for message in chat["messages"]] == ["system", "user", "assistant"]
    assert chat["messages"][1]["content"].startswith("Pass a on.")
    assert chat["messages"][2]["content"] == "```verilog\nmodule m(input a, output y);\nendmodule\n```"


def write_answers(settings: SalvSettings) -> list[str]:
    """Leave three recorded answers to each training problem where the supervised model would be; return the first's.

    The second has a wrong x, the third a wrong z.
    """
    write_sets(settings.out, COUNTS, make_output_tasks(7), prompt="{description}")
    rows = read_rows(settings.out / "train.jsonl")
    for row in rows:
        folder = settings.out / "sft" / row["problem_id"]
        folder.mkdir(parents=True)
        wrong = [re.sub(rf"assign {name} = .*;", f"assign {name} = 0;", row["reference"]) for name in ("x", "z")]
        for number, text in enumerate([row["reference"], *wrong]):
            (folder / f"{number}-recorded.md").write_text(text, encoding="utf-8")
    return [row["reference"] for row in rows]


@pytest.mark.simulator
@pytest.mark.slow
def test_answers_become_pairs_by_output(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    references = write_answers(settings)
    score = sample_answers(settings)
    assert score.problems == 2
    assert (score.pass_at_1, score.credit) == pytest.approx((1 / 3, 7 / 9))
    assert ", outputs 77.8% of 2 problems; 4 mismatch, 2 passed" in str(score)
    assert str(write_preferences(settings)) == "8 pairs of 2 problems, 0 of whole answers; dropped: none"
    pairs = [pair for pair in read_pairs(settings.pairs) if pair.problem_id == "train0000"]
    assert {(pair.chosen_index, pair.rejected_index, pair.contrast) for pair in pairs} == {
        (0, 1, ("x",)),
        (0, 2, ("z",)),
        (1, 2, ("z",)),
        (2, 1, ("x",)),
    }
    assert pairs[0].chosen == references[0]
    assert (tmp_path / "dropped.jsonl").read_text(encoding="utf-8") == ""
    assert str(write_preferences(settings)).startswith("8 pairs")  # again, over what is there


@pytest.mark.simulator
@pytest.mark.slow
def test_answers_that_are_all_alike_are_refused(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, sample={"backend": "replay", "n": 1})
    write_answers(settings)
    with pytest.raises(UsageError, match=r"samples/run\.json: not found; run the stage that makes it first"):
        write_preferences(settings)
    sample_answers(settings)
    with pytest.raises(UsageError, match="no output is right in one answer and wrong in another"):
        write_preferences(settings)


def test_what_was_dropped_is_counted_by_reason() -> None:
    dropped = tuple(
        DroppedPair(suite="s", problem_id="p", chosen_index=0, rejected_index=1, reason=reason)
        for reason in ("cannot be sliced", "no text", "no text")
    )
    counts = str(count_pairs(PreferenceReport(dropped=dropped)))
    assert counts == "0 pairs of 0 problems, 0 of whole answers; dropped: 2 no text; 1 cannot be sliced"


def test_progress_comes_from_the_trainers_log() -> None:
    log = [{"step": step, "loss": 1.0 / step, "rewards/margins": step / 10} for step in range(1, 21)]
    progress = read_progress([*log, {"step": 20, "train_runtime": 1.0}])
    assert progress.steps == 20
    assert progress.loss == pytest.approx((0.75, (1 / 19 + 1 / 20) / 2))
    assert progress.margin == pytest.approx((0.15, 1.95))
    assert str(progress) == "20 steps, loss 0.750 -> 0.051, reward margin 0.150 -> 1.950"


@pytest.mark.training_stack
@pytest.mark.simulator
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # what the libraries say to each other is not ours
@pytest.mark.parametrize("lora", [{}, {"r": 2, "target_modules": "all-linear", "task_type": "CAUSAL_LM"}])
def test_both_losses_leave_a_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lora: dict[str, Any]) -> None:
    from transformers import AutoModelForCausalLM

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    warnings.simplefilter("ignore")
    fields = {"max_steps": 2, "per_device_train_batch_size": 4, "logging_steps": 1, "learning_rate": 1e-3}
    settings = make_settings(
        tmp_path, dpo={**fields, "use_cpu": True, "bf16": False}, peft={"dpo": lora} if lora else {}
    )
    references = write_answers(settings)
    sample_answers(settings)
    write_preferences(settings)
    shape = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    write_small_model(tmp_path / "sft", {"vocabulary": 300, **shape}, references, seed=1)
    weights = {}
    for stage in ("dpo", "dpo-plain"):
        progress = train_dpo(settings, stage, is_plain=stage == "dpo-plain")
        assert progress.steps == 2
        assert progress.loss[0] == pytest.approx(0.693147, abs=1e-4)
        weights[stage] = AutoModelForCausalLM.from_pretrained(tmp_path / stage).lm_head.weight
    start = AutoModelForCausalLM.from_pretrained(tmp_path / "sft").lm_head.weight
    moved = {stage: float((weight - start).abs().max().detach()) for stage, weight in weights.items()}
    if not lora:  # an adapter leaves the head alone
        assert all(moved.values())
        assert moved["dpo"] != moved["dpo-plain"]


@pytest.mark.training_stack
@pytest.mark.simulator
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # what the libraries say to each other is not ours
def test_the_papers_trainers_are_made_with_its_batch(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    write_answers(settings)
    sample_answers(settings)
    write_preferences(settings)
    shutil.rmtree(tmp_path / "sft")  # where the recorded answers are
    settings = make_run(read_settings(SalvSettings, find_configuration("7b", FOLDER), tmp_path))
    settings = dataclasses.replace(settings, dpo={**settings.dpo, **ON_CPU, "model_init_kwargs": {}})
    supervised = make_supervised_trainer(settings)
    trainers = [make_trainer(settings, "dpo", is_plain=is_plain) for is_plain in (False, True)]
    for trainer, gpus in ((supervised, 4), (trainers[0], 8), (trainers[1], 8)):
        assert trainer.args.per_device_train_batch_size * trainer.args.gradient_accumulation_steps * gpus == 64
    assert [trainer.model.peft_config["default"].r for trainer in trainers] == [8, 8]
    assert supervised.args.num_train_epochs == 2


def test_the_training_problems_are_asked_as_the_harness_asks(tmp_path: Path) -> None:
    write_sets(tmp_path, COUNTS, make_output_tasks(7), prompt="{description}")
    questions = list_questions(make_settings(tmp_path), (f"references:{tmp_path}/train.jsonl",))
    rows = read_rows(tmp_path / "train.jsonl")
    assert [question["prompt"][0]["content"] for question in questions] == [row["instruction"] for row in rows]
    assert len(load_suite(f"references:{tmp_path}/train.jsonl").problems) == 2


def test_the_stages_stand_in_their_order() -> None:
    assert list(RECIPE.stages) == [
        "data",
        "sft",
        "evaluate-sft",
        "sample",
        "pairs",
        "dpo",
        "evaluate-dpo",
        "dpo-plain",
        "evaluate-dpo-plain",
    ]


def test_a_program_notes_what_its_stages_say(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    def fail(settings: SalvSettings) -> str:
        raise UsageError(f"seed {settings.seed} brings no luck; take another")

    stages = {"first": lambda settings: f"out is {settings.out}", "second": fail}
    recipe = Recipe(module="m", about=None, kind=SalvSettings, shipped=FOLDER, stages=stages)
    arguments = ["--config", "tiny", "--out", str(tmp_path / "run")]
    assert run_recipe(recipe, [*arguments, "--stage", "first"]) == 0
    (note,) = read_rows(tmp_path / "run" / "report.jsonl")
    assert (note["stage"], note["result"]) == ("first", f"out is {tmp_path / 'run'}")
    assert note["wall_s"] >= 0 <= note["cpu_s"]
    assert run_recipe(recipe, arguments) == 2
    assert "error: seed 7 brings no luck; take another" in caplog.text
    assert len(read_rows(tmp_path / "run" / "report.jsonl")) == 2


def test_an_interrupted_program_says_how_to_go_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def interrupt(settings: SalvSettings) -> str:
        raise KeyboardInterrupt(settings.seed)

    recipe = Recipe(
        module="m", about=None, kind=SalvSettings, shipped=FOLDER, stages={"one": lambda _: "done", "two": interrupt}
    )
    assert run_recipe(recipe, ["--config", "tiny", "--out", str(tmp_path / "run")]) == 130
    assert f"what earlier stages left is in {tmp_path / 'run'}: name the others with --stage" in caplog.text
    assert [row["stage"] for row in read_rows(tmp_path / "run" / "report.jsonl")] == ["one"]
