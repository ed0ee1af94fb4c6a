"""A reward that a trainer can call: 1.0 for a design that does what its reference does, by the very same checker."""

import logging
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from pytest_rtlgen.check import Checker, CheckSettings
from pytest_rtlgen.errors import RtlgenError, UsageError
from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.records import Problem

_LOG = logging.getLogger(__name__)


class EquivalenceReward:
    """Completions to rewards. Can be pickled; each process starts a checker of its own on first use. Thread-safe."""

    def __init__(self, *, problems: Iterable[Problem], settings: CheckSettings = CheckSettings()) -> None:  # noqa: B008  frozen
        self._problems = {problem.problem_id: problem for problem in problems}
        self._settings = settings
        self._lock = threading.Lock()
        self._checker: Checker | None = None

    def __getstate__(self) -> tuple[tuple[Problem, ...], CheckSettings]:
        return tuple(self._problems.values()), self._settings

    def __setstate__(self, state: tuple[tuple[Problem, ...], CheckSettings]) -> None:
        EquivalenceReward.__init__(self, problems=state[0], settings=state[1])

    def __call__(self, completions: Sequence[str], problem_ids: Sequence[str]) -> list[float | None]:
        """Return 1.0 for each completion that passes and 0.0 for each that does not, in order.

        ``None``: the harness failed (a broken reference, a missing tool, an unknown problem), so there is nothing to
        learn from; why is logged as a warning. What a completion holds never raises.

        Raises:
            UsageError: the two sequences differ in length.
        """
        if len(completions) != len(problem_ids):
            raise UsageError(
                f"reward: {len(completions)} completions but {len(problem_ids)} problem ids; give one id a completion"
            )
        with ThreadPoolExecutor(self._settings.jobs, thread_name_prefix="rtlgen-reward") as pool:
            return list(pool.map(self._reward, completions, problem_ids))

    def close(self) -> None:
        """End every process; the next call starts afresh."""
        with self._lock:
            checker, self._checker = self._checker, None
        if checker is not None:
            checker.close()

    def _reward(self, completion: str, problem_id: str) -> float | None:
        problem = self._problems.get(problem_id)
        if problem is None:
            _LOG.warning("reward: unknown problem %r; give the reward every problem of the data set", problem_id)
            return None
        try:
            candidate = extract_candidate(completion, top=problem.top)
            return float(self._find_checker().check(candidate, problem).is_passed)
        except RtlgenError as error:
            _LOG.warning("reward: %s: no reward, the harness failed: %s", problem_id, error)
            return None

    def _find_checker(self) -> Checker:
        with self._lock:
            if self._checker is None:
                self._checker = Checker(self._settings)
            return self._checker
