"""The JSON of ``/run_code``, as clients of SandboxFusion send and read it. Pure.

``code`` is the answer, or the code that was taken out of it; ``stdin``, which the model never writes, says what it must
be: the id of a problem, or the text of a reference. Instead of ``stdin`` ``files`` may hold the text, base64, as its
only file. ``language`` is not looked at: verl sends ``python`` for everything. What the design prints reaches no part
of the response.

Source: SandboxFusion 469de08, ``sandbox/server/sandbox_api.py``, ``RunCodeRequest``, ``RunCodeResponse`` and
``parse_run_status``, and ``sandbox/runners/types.py``. Its client: verl 0.9.1,
``utils/reward_score/sandbox_fusion/utils.py``.
"""

import base64
from collections.abc import Mapping
from typing import Any

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import Status
from pytest_rtlgen.training.reward.parts import RewardResult
from pytest_rtlgen.training.server.forms import Batch, render_result

PASSED = "passed"
"""What ``stdout`` holds for an answer that passes, and for no other."""
_FENCE = "```"
_USUAL_S = 10.0
_LONGEST_S = 3600.0


def read_run_code(body: Mapping[str, Any]) -> Batch:
    """Return what ``/run_code`` is asked.

    >>> read_run_code({"code": "module m; endmodule", "stdin": "adder_8", "language": "verilog"}).tasks
    ('adder_8',)

    Raises:
        UsageError: it has another form, or does not say what the answer must be.
    """
    code = body.get("code")
    if not isinstance(code, str):
        raise UsageError('"code" must be the text of an answer')
    fenced = code if _FENCE in code else f"{_FENCE}verilog\n{code}\n{_FENCE}"  # some presets read nothing else
    return Batch(completions=(fenced,), tasks=(_read_task(body),))


def read_patience_s(body: Mapping[str, Any]) -> float:
    """Return after how many seconds, 3,600 at most, the client no longer waits: its two limits, as verl adds them up.

    Raises:
        UsageError: a limit is no number above 0.
    """
    return min(_LONGEST_S, sum(_read_seconds(body, name) for name in ("compile_timeout", "run_timeout")))


def render_run_code(result: RewardResult) -> dict[str, Any]:
    """Return the answer: ``Success`` for a candidate that passes, ``Failed`` for one that does not.

    Where the harness failed, or a guard leaves the answer out, it is ``SandboxError``, which is about no candidate.
    ``reward`` is the result as ``/rewards`` gives it.
    """
    compiled, run = (None, None) if result.value is None else _render_commands(result)
    status = "SandboxError" if result.value is None else "Success" if _is_passed(result) else "Failed"
    return {
        "status": status,
        "message": result.reason if result.value is None else "",
        "compile_result": compiled,
        "run_result": run,
        "executor_pod_name": None,
        "files": {},
        "reward": render_result(result),
    }


def _render_commands(result: RewardResult) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return how compiling went, and how the simulation did, ``None`` if there was none."""
    word = str(result.status or "unchecked")
    is_late = result.status is Status.TIMEOUT
    if not result.parts["compiled"]:
        return _command(is_late=is_late, code=1, stderr=result.reason or word), None
    is_passed = _is_passed(result)
    shown = PASSED if is_passed else word if word != PASSED else "refused"
    run = _command(is_late=is_late, code=0 if is_passed else 1, stdout=f"{shown}\n", stderr=result.reason)
    return _command(is_late=False, code=0), run


def _is_passed(result: RewardResult) -> bool:
    """Whether the candidate passes and no guard took its reward away; how much a preset gives it does not count."""
    return result.status is Status.PASSED and not result.is_refused


def _command(*, is_late: bool, code: int, stdout: str = "", stderr: str = "") -> dict[str, Any]:
    return {
        "status": "TimeLimitExceeded" if is_late else "Finished",
        "execution_time": None,
        "return_code": None if is_late else code,
        "stdout": stdout,
        "stderr": stderr,
    }


def _read_task(body: Mapping[str, Any]) -> str:
    stdin, files = body.get("stdin"), body.get("files") or {}
    if isinstance(stdin, str) and stdin.strip():
        return stdin.strip()
    if not isinstance(files, dict) or len(files) != 1:
        raise UsageError('"stdin" must be the id of a problem, or the text of a reference; or "files" one file with it')
    (content,) = files.values()
    try:
        task = base64.b64decode(content or "", validate=True).decode()
    except (ValueError, TypeError) as error:
        raise UsageError('the file in "files" must be the text of a reference in UTF-8, as base64') from error
    if not task.strip():
        raise UsageError('the file in "files" is empty; it must be the text of a reference')
    return task


def _read_seconds(body: Mapping[str, Any], name: str) -> float:
    found = body.get(name, _USUAL_S)
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not found > 0:
        raise UsageError(f'"{name}" must be a number of seconds above 0')
    return float(min(found, _LONGEST_S))
