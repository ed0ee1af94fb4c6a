"""The tiny GRPO recipe as accelerate starts it: two processes on this machine's CPU, over its loopback interface."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_rtlgen.training.recipes import grpo

TINY = Path(grpo.__file__).parent / "tiny.toml"
STEPS = 3
SMALLER = {
    "demonstrations": 24,
    "train": 6,
    "held_out": 2,
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 1,
    "per_device_train_batch_size": 4,
    "num_generations": 8,
    "max_completion_length": 12,
}
"""Values of the tiny configuration that are smaller here; a group needs two processes of four answers each."""


def write_configuration(path: Path) -> None:
    text = TINY.read_text(encoding="utf-8").replace('"tiny_prompt.txt"', f'"{TINY.parent / "tiny_prompt.txt"}"')
    for name, value in SMALLER.items():
        text, count = re.subn(rf"^{name} = \d+", f"{name} = {value}", text, flags=re.MULTILINE)
        assert count >= 1, name
    text = re.sub(r"^max_steps = \d+", f"max_steps = {STEPS}", text, flags=re.MULTILINE)
    text = re.sub(r"^\[start\].*?(?=^\[)", "", text, flags=re.MULTILINE | re.DOTALL)
    path.write_text(text, encoding="utf-8")


def start(*launcher: str, stages: tuple[str, ...], folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, *launcher, "-m", "pytest_rtlgen.training.recipes.grpo"]
    command += ["--config", str(folder / "smaller.toml"), "--out", str(folder / "run")]
    command += [f"--stage={stage}" for stage in stages]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=900, check=False, cwd=folder)


@pytest.mark.training_stack
@pytest.mark.simulator
@pytest.mark.slow
def test_two_processes_train_one_model(tmp_path: Path) -> None:
    write_configuration(tmp_path / "smaller.toml")
    done = start(stages=("data", "sft"), folder=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    alone = start(stages=("grpo",), folder=tmp_path)
    assert "must be divisible by num_generations (8)" in alone.stderr
    # --cpu would start one process without saying so; where each computes is use_cpu's to say
    launcher = ("-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes=2", "--num_machines=1")
    done = start(*launcher, stages=("grpo",), folder=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    with (tmp_path / "run" / "curve.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["number"]) for row in rows] == list(range(1, STEPS + 1))
    assert all(float(row["failed"]) == 0 for row in rows)
    assert (tmp_path / "run" / "grpo" / "model.safetensors").is_file()
    notes = [json.loads(line)["stage"] for line in (tmp_path / "run" / "report.jsonl").read_text().splitlines()]
    assert notes == ["data", "sft", "grpo"]  # one of the two processes reports
