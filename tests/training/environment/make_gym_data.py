"""Write the examples, rollouts and metrics of the NeMo Gym folder, by Gym's own classes and our server.

Run it where NeMo Gym is installed, with its checkout on the path and the folder in it:
``PYTHONPATH=GYM python make_gym_data.py GYM/resources_servers/rtlgen/data``. The answers are those of
``fixtures/completions/core``: no model is asked.
"""

import json
import sys
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from nemo_gym.config_types import BaseServerConfig
from nemo_gym.server_utils import ServerClient
from nemo_gym.train_data_utils import DatasetValidatorState, TrainDataProcessor, postprocess_other_metrics
from omegaconf import DictConfig
from resources_servers.rtlgen.app import RtlResourcesServer, RtlServerConfig

from pytest_rtlgen.training.environment.nemo_gym_rows import list_gym_rows
from pytest_rtlgen.training.environment.options import EnvironmentOptions, find_environment

ANSWERS = Path(__file__).parents[3] / "fixtures" / "completions" / "core"
CHOSEN = (0, 1, 0, 2, 0)
"""Which recorded answer each of the five problems gets."""
NAME = "example"


def play(client: TestClient, row: dict[str, Any], answer: str) -> dict[str, Any]:
    """Return the rollout of one row: simulate the answer, submit it, verify."""
    client.cookies.clear()
    client.post("/seed_session", json=row).raise_for_status()
    output: list[dict[str, Any]] = []
    for number, tool in enumerate(("simulate", "submit")):
        arguments = {"verilog": answer}
        call = {"type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}", "name": tool}
        output.append({**call, "arguments": json.dumps(arguments), "status": "completed"})
        text = client.post(f"/{tool}", json=arguments).text
        output.append({"type": "function_call_output", "call_id": f"call_{number}", "output": text})
    content = [{"type": "output_text", "text": "Submitted.", "annotations": []}]
    message = {"type": "message", "id": "msg_0", "role": "assistant", "status": "completed", "content": content}
    response = {
        "id": "resp_0",
        "created_at": 0.0,
        "model": "replay:core",
        "object": "response",
        "parallel_tool_calls": False,
        "tool_choice": "auto",
        "tools": row["responses_create_params"]["tools"],
        "output": [*output, message],
    }
    verified = client.post("/verify", json={**row, "response": response})
    verified.raise_for_status()
    found: dict[str, Any] = verified.json()
    return found


def measure(lines: list[str]) -> dict[str, Any]:
    """Return Gym's own metrics of the rows."""
    state = DatasetValidatorState()
    processor = TrainDataProcessor()
    for place, line in enumerate(lines):
        processor._validate_samples_and_aggregate_metrics_single_sample(state, place, line)
    assert not state.offending_example_idxs
    postprocess_other_metrics(state.metrics, state.other_metrics)
    path = "resources_servers/rtlgen/data/example.jsonl"
    head = {"name": NAME, "type": NAME, "jsonl_fpath": path, "gitlab_identifier": None, "license": None}
    return {**head, **state.metrics.aggregate().model_dump(mode="json", by_alias=True)}


def main(folder: Path) -> None:
    environment = find_environment(EnvironmentOptions(suites=("core:",)))
    rows = list_gym_rows(environment)[: len(CHOSEN)]
    config = RtlServerConfig(host="127.0.0.1", port=8080, entrypoint="", name="rtlgen")
    head = BaseServerConfig(host="127.0.0.1", port=8081)
    server_client = ServerClient(head_server_config=head, global_config_dict=DictConfig({}))
    app = RtlResourcesServer(config=config, server_client=server_client).setup_webserver()
    with TestClient(app) as client:
        rollouts = [
            play(client, row, next(ANSWERS.glob(f"{row['problem_id']}/{number}-*")).read_text(encoding="utf-8"))
            for row, number in zip(rows, CHOSEN, strict=True)
        ]
    lines = [json.dumps(row) for row in rows]
    (folder / "example.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    played = "".join(f"{json.dumps(rollout)}\n" for rollout in rollouts)
    (folder / "example_rollouts.jsonl").write_text(played, encoding="utf-8")
    metrics = json.dumps(measure(lines), indent=4)
    (folder / "example_metrics.json").write_text(f"{metrics}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
