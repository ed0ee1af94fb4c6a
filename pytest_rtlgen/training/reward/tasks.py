"""What a row of a data set stands for: a problem by its id, or one or several references as text."""

import json
import re
from collections.abc import Iterable
from functools import lru_cache

from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.check.single import make_problem
from pytest_rtlgen.errors import SuiteError, UsageError
from pytest_rtlgen.loaders.several_references import add_references
from pytest_rtlgen.openings import list_accepted
from pytest_rtlgen.records import Candidate, Problem, Status, Verdict

_MODULE = re.compile(r"\bmodule\s")
_KEPT = 4096
"""Problems made from text that are remembered."""


class Tasks:
    """Problems by id; those given as text are made on first use and the last used are kept. Thread-safe."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        self._by_id: dict[str, Problem] = {}
        for problem in self.problems:
            if self._by_id.setdefault(problem.problem_id, problem) != problem:
                raise UsageError(
                    f"reward: two problems have the id {problem.problem_id!r}; give a reward suites whose ids differ"
                )

    def find(self, task: str) -> Problem:
        """Return the problem with the id ``task``, or the one whose reference's text it is.

        A JSON list of texts stands for several references, each of which is right.

        Raises:
            SuiteError: there is none, it cannot be judged, or the text is no good.
        """
        problem = self._by_id.get(task)
        if problem is None and not _MODULE.search(task):
            raise SuiteError(f"unknown problem {task[:80]!r}; give the reward every problem of the data set")
        problem = problem or _make_problem(task)
        if problem.unjudged or not problem.has_reference:
            reason = problem.unjudged or "its benchmark withholds the reference"
            raise SuiteError(f"{problem.problem_id}: cannot be judged: {reason}; leave it out of the data set")
        return problem


def check_best(checker: Checker, candidate: Candidate, problem: Problem, *, seed: int) -> Verdict:
    """Return the verdict against the reference of ``problem`` that suits ``candidate`` best.

    That is the first that it passes against, else the first of those with the largest share of right outputs: every
    reward made of the verdict then is the largest over all references.

    Source: CodeV-R1, ``verl/utils/reward_score/codev.py``, ``compute_score``: the largest reward over all designs.

    Raises:
        BadReferenceError: a reference is no good.
        ToolError: the simulator is missing or broken.
    """
    accepted = list_accepted(problem)
    if len(accepted) == 1:
        return checker.check(candidate, problem, seed=seed)
    checker.prepare(problem, seed=seed)
    found: list[Verdict] = []
    for one in accepted:
        found.append(checker.check(candidate, one.problem, seed=seed))
        if found[-1].status is not Status.MISMATCH:  # it passes, or fails against each of them alike
            break
    return found[-1] if found[-1].is_passed else max(found, key=lambda verdict: verdict.credit)


@lru_cache(_KEPT)
def _make_problem(text: str) -> Problem:
    if not text.lstrip().startswith("["):
        return make_problem(reference=text)
    try:
        texts = json.loads(text)
    except (ValueError, RecursionError):
        return make_problem(reference=text)
    if not texts or not all(isinstance(item, str) for item in texts):
        raise SuiteError("a task with several references must be a JSON list of texts, a design each")
    return add_references(make_problem(reference=texts[0]), texts[1:])
