"""The references themselves as answers: the ceiling that a suite and a simulator allow."""

import json
import re
from collections.abc import Sequence

from pytest_rtlgen.backends.base import BackendSettings, Deliver, GenerationRequest
from pytest_rtlgen.errors import BackendError, RenameError, UsageError
from pytest_rtlgen.records import Completion, Problem, SamplingParams
from pytest_rtlgen.verilog.rename import rename_module

_SHORTEST_FENCE = 3


class ReferenceBackend:
    """Answers every sample of a problem with its reference, or with the files of its published solution."""

    def __init__(self) -> None:
        self.name = "reference:"

    def generate(self, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver) -> None:  # noqa: ARG002  nothing is sampled
        """Deliver the reference, its module named as the problem asks, for every sample.

        Raises:
            BackendError: a reference's module cannot be given the requested name.
        """
        for request in requests:
            text = _answer(request.problem)
            for index in request.indices:
                deliver(
                    Completion(
                        key=request.key(index), text=text, model="reference", prompt_digest=request.prompt.digest
                    )
                )


def _answer(problem: Problem) -> str:
    solution = problem.harness.solution if problem.harness is not None else ()
    if len(solution) > 1:
        return json.dumps({"code": [{file.name: file.text} for file in solution]})
    if problem.has_reference:
        return _fence(_name_as_expected(problem))
    return _fence(solution[0].text) if solution else "The benchmark withholds its solution.\n"


def _name_as_expected(problem: Problem) -> str:
    if problem.reference_top == problem.top:
        return problem.reference.text
    try:
        return rename_module(problem.reference.text, problem.reference_top, problem.top)
    except RenameError as error:
        raise BackendError(f"{problem.reference.name}: {error}; fix the reference, or leave the problem out") from error


def _fence(source: str) -> str:
    runs = [len(run) for run in re.findall("`+", source)]
    fence = "`" * max([_SHORTEST_FENCE, *(length + 1 for length in runs)])
    return f"{fence}verilog\n{source.rstrip()}\n{fence}\n"


def make_reference(argument: str, settings: BackendSettings) -> ReferenceBackend:  # noqa: ARG001  nobody is asked
    """Return the backend for ``reference:``.

    Raises:
        UsageError: something stands behind the colon.
    """
    if argument:
        raise UsageError(f"reference:{argument}: takes no argument; write reference:")
    return ReferenceBackend()
