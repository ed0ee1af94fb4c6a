"""The files of CodeV-R1: the paper's values, and every object that they make of the trainers, as far as a CPU can.

What needs a GPU is replaced: vLLM, flash attention, bfloat16. The model is a tiny one of the same architecture.
"""

import asyncio
import json
from contextlib import closing
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from support.recipe_runs import NO_VLLM, ON_CPU, make_run

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.foreign import Foreign
from pytest_rtlgen.training.recipes import grpo
from pytest_rtlgen.training.recipes.data import list_questions
from pytest_rtlgen.training.recipes.evaluate import list_evaluation
from pytest_rtlgen.training.recipes.grpo.routes import make_verl_row
from pytest_rtlgen.training.recipes.grpo.settings import GrpoSettings
from pytest_rtlgen.training.recipes.grpo.stages import make_trainer
from pytest_rtlgen.training.recipes.settings import find_configuration, read_settings
from pytest_rtlgen.training.recipes.trainers import make_supervised_trainer, open_training_reward

GRPO = Path(grpo.__file__).parent
pytestmark = [
    pytest.mark.training_stack,
    pytest.mark.filterwarnings("ignore"),  # what the libraries say to each other is not ours
]


@pytest.fixture
def settings(tmp_path: Path) -> GrpoSettings:
    return read_settings(GrpoSettings, find_configuration("codev_r1", GRPO), tmp_path)


@pytest.fixture
def verl(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Foreign:
    from hydra import compose, initialize_config_dir

    monkeypatch.setenv("RUN", str(tmp_path))
    with initialize_config_dir(str(GRPO), version_base=None):
        config = compose("codev_r1_verl")
    import_module("omegaconf").OmegaConf.resolve(config)
    return config


def test_a_step_is_the_papers(settings: GrpoSettings) -> None:
    import trl

    config = trl.GRPOConfig(**{**settings.grpo, **ON_CPU, "use_vllm": False})
    gpus = 16
    assert config.generation_batch_size * gpus == 128 * 16
    update = config.per_device_train_batch_size * config.gradient_accumulation_steps * gpus
    updates = config.generation_batch_size * gpus // update
    assert (update, config.max_steps / updates) == (64 * 16, 300)
    sft = trl.SFTConfig(**{**settings.sft, **ON_CPU})
    assert sft.per_device_train_batch_size * sft.gradient_accumulation_steps * 8 == 64
    assert (sft.num_train_epochs, sft.max_length, config.max_completion_length) == (6, 16_384, 16_384)


def test_evaluation_is_the_papers(settings: GrpoSettings) -> None:
    found = [list_evaluation(settings, stage) for stage in ("sft", "grpo")]
    assert [options["temperature"] for options in found] == [0.6, 1.0]
    assert all((options["n"], options["max-tokens"]) == (20, 16_384) for options in found)
    assert (settings.prompt, found[0]["prompt"]) == ("codev-r1-training", "codev-r1")
    assert all(not isinstance(value, dict) for options in found for value in options.values())


def test_both_trainers_are_told_the_same(settings: GrpoSettings, verl: Foreign) -> None:
    ours, actor, rollout = settings.grpo, verl.actor_rollout_ref.actor, verl.actor_rollout_ref.rollout
    pairs = {
        "answers": (ours["steps_per_generation"] * 16, verl.data.train_batch_size * rollout.n),
        "mini-batch": (ours["gradient_accumulation_steps"] * 16, actor.ppo_mini_batch_size * rollout.n),
        "steps": (ours["max_steps"] // 2, verl.trainer.total_training_steps),
        "group": (ours["num_generations"], rollout.n),
        "temperature": (ours["temperature"], rollout.temperature),
        "answer": (ours["max_completion_length"], verl.data.max_response_length),
        "prompt": (settings.data.max_prompt_tokens, verl.data.max_prompt_length),
        "buffer": (settings.reward["overlong_buffer"], verl.reward.reward_kwargs.overlong_buffer_cfg.len),
        "clip": (ours["epsilon"], actor.clip_ratio_low),
        "clip-higher": (ours["epsilon_high"], actor.clip_ratio_high),
        "rate": (ours["learning_rate"], actor.optim.lr),
        "decay": (ours["weight_decay"], actor.optim.weight_decay),
        "norm": (ours["max_grad_norm"], actor.optim.clip_grad),
        "KL": (ours["beta"] != 0, actor.use_kl_loss or verl.algorithm.use_kl_in_reward),
        "rounds": (settings.adaptive["sampling_rounds"], verl.trainer.v1.sampler.sampler_kwargs.max_rounds),
        "saved": (ours["save_steps"] // 2, verl.trainer.save_freq),
        "preset": (settings.reward["preset"], verl.reward.custom_reward_function.reward_kwargs.preset),
        "suites": (
            [*settings.data.train, *settings.data.held_out],
            list(verl.reward.custom_reward_function.reward_kwargs.suites),
        ),
    }
    assert {name: pair for name, pair in pairs.items() if pair[0] != pair[1]} == {}


def test_verls_own_validation_passes_it(verl: Foreign) -> None:
    from verl.trainer.ppo.utils import need_critic, need_reference_policy
    from verl.utils.config import omega_conf_to_dataclass, validate_config

    assert not need_critic(verl)
    validate_config(verl, use_reference_policy=need_reference_policy(verl), use_critic=False)
    algorithm = omega_conf_to_dataclass(verl.algorithm)
    assert (algorithm.filter_groups.enable, algorithm.filter_groups.metric) == (True, "acc")
    actor = omega_conf_to_dataclass(verl.actor_rollout_ref.actor)
    assert (actor.loss_agg_mode, actor.optim.clip_grad) == ("token-mean", 0.5)
    assert omega_conf_to_dataclass(verl.actor_rollout_ref.rollout).n == 16


def test_verl_finds_the_sampler_and_reads_the_model(verl: Foreign, settings: GrpoSettings) -> None:
    from verl.utils.config import omega_conf_to_dataclass
    from verl.utils.import_utils import load_extern_object

    sampler = verl.trainer.v1.sampler.custom_sampler
    assert load_extern_object(sampler.path, sampler.name).__name__ == "AdaptiveReplayBuffer"
    make_run(settings)
    model = omega_conf_to_dataclass(verl.actor_rollout_ref.model)
    assert model.architectures == ["Qwen2ForCausalLM"]


@pytest.mark.simulator
@pytest.mark.slow
def test_verls_dapo_manager_shapes_the_length_and_keeps_acc(verl: Foreign, settings: GrpoSettings) -> None:
    from transformers import AutoTokenizer
    from verl.trainer.ppo.reward import load_reward_manager

    settings = make_run(settings)
    row = json.loads((settings.out / "held_out.jsonl").read_text(encoding="utf-8").splitlines()[0])
    answer = f"<think>Easy.</think><answer>\n```verilog\n{row['reference']}\n```\n</answer>"
    tokenizer = AutoTokenizer.from_pretrained(settings.base)
    length = len(tokenizer.encode(answer, add_special_tokens=False))
    kwargs = verl.reward.custom_reward_function.reward_kwargs
    kwargs.update({"suites": list(settings.data.held_out), "jobs": 1, "formal": "off", "sandbox": "auto"})

    async def judge(spare: int) -> tuple[float, float]:
        """Return reward and acc of the answer where it may have ``spare`` tokens more."""
        verl.reward.reward_kwargs.max_resp_len = length + spare
        verl.reward.reward_kwargs.overlong_buffer_cfg.len = 20
        manager = load_reward_manager(verl, tokenizer)
        found = await manager.run_single(make_verl_row(tokenizer, answer, row["problem_id"]))
        return float(found["reward_score"]), found["reward_extra_info"]["acc"]

    found = [asyncio.run(judge(spare)) for spare in (20, 10, 0)]
    assert found == [(1.0, 1.0), (pytest.approx(0.5), 1.0), (pytest.approx(0.0), 1.0)]


def write_known_problem(settings: GrpoSettings) -> None:
    """Let the first problem that GRPO poses be demonstrated, too."""
    prompt = list_questions(settings, settings.data.train)[0]["prompt"]
    chat = {"messages": [*prompt, {"role": "assistant", "content": "module m; endmodule"}]}
    Path(settings.data.demonstrations).write_text(json.dumps(chat), encoding="utf-8")


@pytest.mark.simulator
def test_trl_makes_both_trainers(settings: GrpoSettings, caplog: pytest.LogCaptureFixture) -> None:
    settings = make_run(settings)
    supervised = make_supervised_trainer(settings)
    assert supervised.args.packing
    settings = replace(settings, grpo={**settings.grpo, **ON_CPU, **NO_VLLM})
    with closing(open_training_reward(settings)) as reward:
        trainer = make_trainer(settings, reward)
        assert "demonstrations" not in caplog.text
        write_known_problem(settings)
        make_trainer(settings, reward)
        assert "1 of 4 problems are among the demonstrations, too" in caplog.text
        short = replace(settings, data=replace(settings.data, max_prompt_tokens=3))
        with pytest.raises(UsageError, match=r"^max_prompt_tokens = 3: every prompt is longer; the shortest has \d+"):
            make_trainer(short, reward)
    assert trainer.adaptive.target == 128 // 16  # of one process instead of 16
    (function,) = trainer.reward_funcs  # beside a second one TRL would count a failed harness as 0
    assert function.__name__ == "rtlgen_codev-r1"
    problem = trainer.train_dataset[0]["problem_id"]
    assert function(completions=["?"], problem_id=[problem], completion_ids=[[0] * (16_384 - 512)]) == [-0.5]
    assert (trainer.epsilon_low, trainer.epsilon_high, trainer.loss_type) == (0.2, 0.28, "dapo")


@pytest.mark.parametrize(
    ("name", "machines", "processes"),
    [
        ("grpo/codev_r1_sft_accelerate.yaml", 1, 8),
        ("grpo/codev_r1_grpo_accelerate.yaml", 2, 16),
        ("salv/7b_sft_accelerate.yaml", 1, 4),
        ("salv/7b_dpo_accelerate.yaml", 1, 8),
    ],
)
def test_accelerate_reads_its_files(name: str, machines: int, processes: int) -> None:
    load = import_module("accelerate.commands.config.config_args").load_config_from_file
    config = load(str(GRPO.parent / name))
    assert (config.num_machines, config.num_processes, config.mixed_precision) == (machines, processes, "bf16")
    if "codev_r1" in name:  # gradients are clipped as the trainer is told
        assert "gradient_clipping" not in config.deepspeed_config
