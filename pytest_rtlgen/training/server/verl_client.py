"""A reward of verl that asks a reward server by verl's own SandboxFusion client, and masks what has no verdict.

verl's ``sandbox_fusion.compute_score`` counts whatever is not a pass as 0, a server that failed included. This one
raises instead, so that verl leaves that answer out. This module needs verl.

Source: verl 0.9.1, ``utils/reward_score/sandbox_fusion/utils.py``, ``check_correctness``: -1 is an error of the request
or of the sandbox.
"""

from collections.abc import Mapping

from pytest_rtlgen.errors import RewardError
from pytest_rtlgen.training.server.sandbox_fusion import PASSED

_NO_VERDICT = -1


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: str,
    extra_info: Mapping[str, object] | None = None,
    *,
    sandbox_fusion_url: str,
    timeout_s: int = 30,
    **more: object,  # what verl adds for other rewards
) -> dict[str, float]:
    """Return ``score``, the reward of the server's preset, ``acc`` (1 if the candidate passes), ``seed`` and the parts.

    ``solution_str`` is sent whole. ``ground_truth`` is the id of a problem, the text of a reference, or a JSON list of
    such texts. ``timeout_s`` is verl's limit for each of its two stages; a request may take both, and 10 s more.

    Raises:
        RewardError: the server could not be reached, gave no verdict in time, failed, or is another program.
    """
    from verl.utils.reward_score.sandbox_fusion.utils import check_correctness

    del data_source, extra_info, more
    cases = {"inputs": [ground_truth], "outputs": [PASSED]}
    results, found = check_correctness(sandbox_fusion_url, cases, solution_str, timeout=timeout_s, language="verilog")
    response = found[0].get("api_response") or {}
    if results[0] == _NO_VERDICT:
        reason = found[0].get("api_request_error") or response.get("message") or found[0].get("status")
        raise RewardError(f"reward: no verdict from {sandbox_fusion_url}: {reason}")
    if "reward" not in response:
        raise RewardError(f"reward: {sandbox_fusion_url} is no server of rtlgen: its answer has no reward")
    reward = response["reward"]
    return {
        "score": float(reward["value"]),
        "acc": float(reward["parts"]["passed"]),
        "seed": float(reward["seed"]),
        **reward["parts"],
    }
