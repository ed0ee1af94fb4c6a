"""What is known to be open in the problems of a published benchmark, put into the problems."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from pytest_rtlgen.known_bad import KnownOpening, load_known_openings
from pytest_rtlgen.openings import read_openings
from pytest_rtlgen.records import Problem, Suite


def open_suite(suite: Suite, known: Mapping[str, KnownOpening] | None = None) -> Suite:
    """Return ``suite`` with what ``known``, by default the known-bad data, says is open in its problems.

    Its digest then depends on that as well: verdicts do.

    Raises:
        SuiteError: an entry does not fit its problem; the message starts with ``path:line``.
    """
    known = load_known_openings(suite.name) if known is None else known
    if not known:
        return suite
    problems = tuple(_open_problem(problem, known.get(problem.problem_id)) for problem in suite.problems)
    if problems == suite.problems:
        return suite
    digest = hashlib.sha256()
    for problem in problems:
        entry = known.get(problem.problem_id)
        if entry is not None:
            digest.update(repr((problem.problem_id, sorted(entry.values.items()))).encode())
    return replace(suite, problems=problems, digest=f"{suite.digest}+{digest.hexdigest()}")


def _open_problem(problem: Problem, entry: KnownOpening | None) -> Problem:
    if entry is None or not problem.has_reference:
        return problem
    return replace(problem, openings=read_openings(entry.values, entry.place, problem=problem))
