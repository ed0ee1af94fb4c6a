"""The NeMo Gym folder: its five examples are core's, and its five rollouts are what our tools and verdicts give.

NeMo Gym itself needs Python 3.13; how to run the folder's own test there is on the page
``docs/how-to/plug-in-an-environment.md``.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import pytest_rtlgen.training.environment
from pytest_rtlgen.training.environment import RtlEnvironment, ToolName
from pytest_rtlgen.training.environment.folders import write_package
from pytest_rtlgen.training.environment.nemo_gym_rows import list_gym_rows
from pytest_rtlgen.training.environment.options import EnvironmentOptions, make_environment

DATA = Path(pytest_rtlgen.training.environment.__file__).parent / "nemo_gym_package" / "data"


def read_lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def environment() -> Iterator[RtlEnvironment]:
    made = make_environment(EnvironmentOptions(suites=("core:",)))
    yield made
    made.close()


def test_the_examples_are_the_first_five_problems_of_core(environment: RtlEnvironment) -> None:
    rows = list_gym_rows(environment)
    assert read_lines("example.jsonl") == rows[:5]
    assert len(rows) == len(environment.problems)
    tools = rows[0]["responses_create_params"]["tools"]
    assert [tool["name"] for tool in tools] == [str(tool) for tool in ToolName]
    assert all("endmodule" not in json.dumps(row) for row in rows), "the reference never leaves"
    assert json.loads((DATA / "example_metrics.json").read_text())["Number of examples"] == 5


@pytest.mark.simulator
@pytest.mark.parametrize("place", range(5))
def test_a_rollout_is_what_the_tools_give(environment: RtlEnvironment, place: int) -> None:
    rollout = read_lines("example_rollouts.jsonl")[place]
    output = rollout["response"]["output"]
    episode = environment.begin(rollout["problem_id"])
    for call, told in zip(output[:-1:2], output[1:-1:2], strict=True):
        reply = episode.call(call["name"], **json.loads(call["arguments"]))
        assert json.loads(told["output"]) == {"text": reply.text}
    outcome = episode.finish()
    recorded = {name: rollout[name] for name in ("reward", "feedback", "sealed", "overfit", "told_bits", "turns")}
    assert recorded == {
        "reward": outcome.reward,
        "feedback": outcome.feedback,
        "sealed": outcome.sealed,
        "overfit": outcome.overfit,
        "told_bits": outcome.told_bits,
        "turns": outcome.turns,
    }
    assert not rollout["mask_sample"]


def test_the_folder_has_what_gym_asks_of_a_server(tmp_path: Path) -> None:
    folder = tmp_path / "rtlgen"
    write_package("nemo-gym", folder)
    asked = {"app.py", "README.md", "requirements.txt", "configs/rtlgen.yaml", "tests/test_app.py"}
    asked |= {f"data/example{end}" for end in (".jsonl", "_rollouts.jsonl", "_metrics.json")}
    assert asked <= {str(path.relative_to(folder)) for path in folder.rglob("*")}
