"""The recipe of docs/how-to/train-with-grpo.md, without its training: problems, configurations, curve, routes."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.training import RewardSettings, open_reward
from pytest_rtlgen.training.recipes import grpo
from pytest_rtlgen.training.recipes.data import list_questions, write_sets
from pytest_rtlgen.training.recipes.early_stop import make_early_stop
from pytest_rtlgen.training.recipes.easy import make_expression_tasks
from pytest_rtlgen.training.recipes.evaluate import list_evaluation, list_options
from pytest_rtlgen.training.recipes.grpo.curve import Step, draw_steps, read_steps, smooth, write_steps
from pytest_rtlgen.training.recipes.grpo.routes import judge_by_verl, judge_in_process, judge_over_http
from pytest_rtlgen.training.recipes.grpo.settings import GrpoSettings
from pytest_rtlgen.training.recipes.grpo.verl_rows import main as write_rows
from pytest_rtlgen.training.recipes.grpo.verl_rows import make_verl_rows
from pytest_rtlgen.training.recipes.settings import DataSettings, find_configuration, read_settings
from pytest_rtlgen.training.recipes.small_model import write_small_model

FOLDER = Path(grpo.__file__).parent
COUNTS = {"demonstrations": 5, "train": 4, "held_out": 3}
LOGGED = {
    "step": 1,
    "reward": 0.25,
    "rtlgen/passed": 0.25,
    "rtlgen/failed": 0.0,
    "frac_reward_zero_std": 0.5,
    "completions/mean_length": 40.0,
}


def make_settings(out: Path, **changes: Any) -> GrpoSettings:
    held_out = (f"references:{out}/held_out.jsonl",)
    whole = GrpoSettings(
        out=out,
        seed=7,
        prompt=str(FOLDER / "tiny_prompt.txt"),
        data=DataSettings(generated=COUNTS, train=(f"references:{out}/train.jsonl",), held_out=held_out),
        model={},
        sft={},
        grpo={},
        reward={"preset": "graded", "jobs": 1},
        evaluation={},
    )
    return dataclasses.replace(whole, **changes)


def read_rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_description_asks_for_its_reference_and_no_two_are_alike() -> None:
    tasks = {task.description: task.reference for task in make_expression_tasks(1)}
    assert len(tasks) == 14_400 == len(list(make_expression_tasks(1)))
    asked = "Write top_module. Inputs a, b, c and output y have 4 bits. y is the sum of a and the larger of b and c."
    assert tasks[asked] == (
        "module top_module(input [3:0] a, b, c, output [3:0] y);\n  assign y = a + (b > c ? b : c);\nendmodule\n"
    )


def test_the_sets_share_no_problem_and_the_seed_decides_them(tmp_path: Path) -> None:
    for name, seed in (("one", 7), ("again", 7), ("other", 8)):
        (tmp_path / name).mkdir()
        write_sets(tmp_path / name, COUNTS, make_expression_tasks(seed), prompt="{description}")
    chats = read_rows(tmp_path / "one" / "demonstrations.jsonl")
    asked = [chat["messages"][0]["content"] for chat in chats]
    for name in ("train", "held_out"):
        asked += [row["instruction"] for row in read_rows(tmp_path / "one" / f"{name}.jsonl")]
    assert len(asked) == len(set(asked)) == 12
    texts = [(tmp_path / name / "train.jsonl").read_text(encoding="utf-8") for name in ("one", "again", "other")]
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.simulator
def test_demonstrations_pass_and_are_asked_as_the_harness_asks(tmp_path: Path) -> None:
    write_sets(tmp_path, COUNTS, make_expression_tasks(7), prompt="{description}")
    rows = read_rows(tmp_path / "train.jsonl")
    problems = load_suite(f"references:{tmp_path}/train.jsonl").problems
    with open_reward(problems, RewardSettings()) as reward:
        assert reward([row["reference"] for row in rows], [row["problem_id"] for row in rows]) == [1.0] * 4
    settings = make_settings(tmp_path)
    questions = list_questions(settings, settings.data.train)
    assert [question["prompt"][0]["content"] for question in questions] == [row["instruction"] for row in rows]
    assert make_verl_rows(questions, split="train")[3]["reward_model"]["ground_truth"] == "train0003"


@pytest.mark.parametrize("name", ["tiny", "codev_r1", "spec2rtl"])
def test_configurations_are_read(name: str, tmp_path: Path) -> None:
    settings = read_settings(GrpoSettings, find_configuration(name, FOLDER), tmp_path)
    assert settings.data.held_out
    assert "{out}" not in str(settings)


@pytest.mark.training_stack
@pytest.mark.parametrize("name", ["tiny", "codev_r1", "spec2rtl"])
def test_configurations_name_what_trl_knows(name: str, tmp_path: Path) -> None:
    import trl

    settings = read_settings(GrpoSettings, find_configuration(name, FOLDER), tmp_path)
    for kind, given in ((trl.SFTConfig, settings.sft), (trl.GRPOConfig, settings.grpo)):
        assert set(given) <= {field.name for field in dataclasses.fields(kind)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed = 1", r"missing 6 required keyword-only arguments.*; compare with .*tiny.toml"),
        ("seed = ", r"Invalid value.*; compare with"),
        ("[data]\nholdout = []", r"unexpected keyword argument 'holdout'"),
        (
            'seed = 1\nprompt = "salv"\nmodel = {}\nsft = {}\ngrpo = {}\nreward = {}\nevaluation = {}\npeft.stf.r = 1',
            r"\[peft\.stf\]: no such stage trains; known are sft, grpo",
        ),
    ],
)
def test_a_wrong_configuration_is_one_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=f"^{re.escape(str(path))}: .*{message}"):
        read_settings(GrpoSettings, path, tmp_path)


def test_a_configuration_is_found_by_name_and_by_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_configuration("tiny", FOLDER) == find_configuration("tiny.toml", FOLDER) == FOLDER / "tiny.toml"
    Path("tiny.toml").write_text("", encoding="utf-8")
    assert find_configuration("tiny.toml", FOLDER) == Path("tiny.toml")
    assert find_configuration("tiny", FOLDER) == FOLDER / "tiny.toml"
    with pytest.raises(
        UsageError, match=r"--config=other/tiny\.toml: no such file; .* shipped: codev_r1, spec2rtl, tiny$"
    ):
        find_configuration("other/tiny.toml", FOLDER)


def test_paths_are_of_the_configurations_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    text = (FOLDER / "codev_r1.toml").read_text(encoding="utf-8")
    (mine / "own.toml").write_text(text.replace('"codev-r1-training"', '"asked.txt"', 1), encoding="utf-8")
    for name in ("asked.txt", "roundtrip/kept.jsonl"):
        (mine / name).parent.mkdir(exist_ok=True)
        (mine / name).touch()
    monkeypatch.chdir(tmp_path)
    settings = read_settings(GrpoSettings, Path("mine/own.toml"), tmp_path)
    assert settings.prompt == str(mine / "asked.txt")
    assert settings.data.train == (f"references:{mine}/roundtrip/kept.jsonl",)
    assert settings.data.demonstrations == "roundtrip/sft.jsonl"
    assert settings.data.held_out == ("core:", "verilog-eval-v2:", "rtllm-v1.1:", "rtllm-v2:")
    assert read_settings(GrpoSettings, FOLDER / "codev_r1.toml", tmp_path).prompt == "codev-r1-training"


def test_steps_come_from_the_trainers_log(tmp_path: Path) -> None:
    steps = read_steps([LOGGED, {"step": 1, "loss": 0.1}, {**LOGGED, "step": 2, "reward": 0.75}])
    assert [(step.number, step.reward) for step in steps] == [(1, 0.25), (2, 0.75)]
    write_steps(tmp_path, steps)
    assert (tmp_path / "curve.csv").read_text(encoding="utf-8").splitlines() == [
        "number,reward,passed,failed,without_spread,length",
        "1,0.25,0.25,0.0,0.5,40.0",
        "2,0.75,0.25,0.0,0.5,40.0",
    ]
    assert (tmp_path / "curve.svg").read_text(encoding="utf-8").count("<circle") == 4


def test_a_higher_reward_is_drawn_higher() -> None:
    flat = {"passed": 0.0, "failed": 0.0, "without_spread": 0.0, "length": 1.0}
    drawn = draw_steps([Step(number=1, reward=0.0, **flat), Step(number=2, reward=1.0, **flat)])
    low, high = [float(place) for place in re.findall(r'cy="([0-9.]+)" r="2" fill="#1f5fa8"', drawn)]
    assert (low, high) == (276.0, 44.0)  # the frame's lower and upper edge
    assert smooth([0.0] * 6 + [11.0] + [0.0] * 6)[0:3] == [0.0, 11 / 7, 11 / 8]


@pytest.fixture
def answers(tmp_path: Path) -> tuple[GrpoSettings, list[str], list[str]]:
    """Return a right, a wrong, a broken and a missing answer to one problem."""
    write_sets(tmp_path, COUNTS, make_expression_tasks(7), prompt="{description}")
    row = read_rows(tmp_path / "held_out.jsonl")[0]
    right = row["reference"]
    texts = [right, re.sub(r"y = .*;", "y = 0;", right), re.sub(r"y = .*;", "y = (;", right), "I cannot."]
    return make_settings(tmp_path), texts, [row["problem_id"]] * 4


@pytest.mark.training_stack
@pytest.mark.simulator
@pytest.mark.filterwarnings("ignore")  # what the libraries say to each other is not ours
@pytest.mark.parametrize(
    ("share", "is_stopping", "stops"), [(1.0, True, True), (1.0, False, False), (0.0, False, True)]
)
def test_an_early_stop_stops_and_lets_no_other_stop_be_forgotten(
    answers: tuple[GrpoSettings, list[str], list[str]], share: float, is_stopping: bool, stops: bool
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerControl, TrainerState

    settings, texts, _ = answers
    start = {"share": share, "every": 2, "problems": 3}
    settings = dataclasses.replace(settings, start=start, evaluation={"max-tokens": 4})
    fields = {"vocabulary": 300, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    write_small_model(settings.out / "base", fields, texts, seed=1)
    suites = (f"references:{settings.out}/train.jsonl",)
    control = TrainerControl(should_training_stop=is_stopping)
    with open_reward(load_suite(suites[0]).problems, RewardSettings()) as reward:
        stop = make_early_stop(settings, reward, list_questions(settings, suites))
        model = AutoModelForCausalLM.from_pretrained(settings.base)
        tokenizer = AutoTokenizer.from_pretrained(settings.base)
        stop.on_step_end(None, TrainerState(global_step=2), control, model=model, processing_class=tokenizer)
    assert control.should_training_stop is stops


@pytest.mark.parametrize(
    ("config", "message"),
    [("tinny", "error: --config=tinny: no such file; name a"), ("tiny", "error: .*train.jsonl: ")],
)
def test_rows_for_verl_that_cannot_be_made_are_one_line(
    config: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert write_rows(["--config", config, "--out", str(tmp_path / "run")]) == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert re.match(message, err)


@pytest.mark.simulator
@pytest.mark.slow
def test_http_gives_the_rewards_that_trl_gets(answers: tuple[GrpoSettings, list[str], list[str]]) -> None:
    rewards = judge_in_process(*answers)
    assert rewards == [0.9, pytest.approx(0.3), 0.0, 0.0]
    assert judge_over_http(*answers) == rewards


@pytest.mark.training_stack
@pytest.mark.simulator
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # what the libraries say to each other is not ours
def test_verls_reward_manager_gives_the_rewards_that_trl_gets(
    answers: tuple[GrpoSettings, list[str], list[str]],
) -> None:
    settings, texts, tasks = answers
    fields = {"vocabulary": 300, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    write_small_model(settings.out / "sft", fields, texts, seed=1)
    assert judge_by_verl(settings, texts, tasks) == judge_in_process(settings, texts, tasks)


def test_a_checkpoint_is_asked_as_evaluation_says(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, prompt="codev-r1-training", evaluation={"n": 2, "sft": {"temperature": 0.6}})
    options = list(list_options(settings, "sft", list_evaluation(settings, "sft")))
    assert options == [
        f"--model=transformers:{tmp_path}/sft",
        "--n=2",
        "--temperature=0.6",
        "--seed=7",
        "--prompt=codev-r1-training",
    ]
    assert "--temperature=0.6" not in list_options(settings, "grpo", list_evaluation(settings, "grpo"))
    assert list(list_options(settings, "sft", {"prompt": "codev-r1"}))[1:] == ["--prompt=codev-r1", "--seed=7"]
