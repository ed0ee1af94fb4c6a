"""What a row of a data set stands for: a problem by its id, or a reference as text."""

import re
from collections.abc import Iterable
from functools import lru_cache

from pytest_rtlgen.check.single import make_problem
from pytest_rtlgen.errors import SuiteError, UsageError
from pytest_rtlgen.records import Problem

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


@lru_cache(_KEPT)
def _make_problem(text: str) -> Problem:
    return make_problem(reference=text)
