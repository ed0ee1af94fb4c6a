"""One episode: a model calls tools, submits one design, and is judged under a stimulus that no tool has shown."""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.errors import RtlgenError
from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.records import Candidate, Method, Problem, Status, Verdict
from pytest_rtlgen.synthesis.synthesizer import Synthesizer
from pytest_rtlgen.training.environment.settings import EnvironmentSettings, ToolName
from pytest_rtlgen.training.environment.told import (
    Bits,
    count_bits_told,
    tell_compiled,
    tell_simulated,
    tell_synthesized,
    tell_waves,
)
from pytest_rtlgen.training.reward.tasks import check_best

_LOG = logging.getLogger(__name__)
_FAILED = "The tool failed for a reason that is not yours. The episode is over and is not scored."
_OVER = "The episode is over; nothing more can be called."
_SUBMITTED = "Submitted. The episode is over."
_CLOSED = "the environment was closed before this was done"
_AS_SHOWN = Verdict(status=Status.PASSED, method=Method.SIMULATE)
"""Asks for the waves of the first stimulus, whatever a design did under it: a failure may have waves of another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkers:
    """What the tools of every episode share."""

    feedback: Checker
    sealed: Checker
    synthesizer: Synthesizer


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an episode came to.

    >>> Outcome(reward=0.0, feedback=1.0, sealed=0.0).overfit
    1.0
    """

    reward: float | None
    """``sealed``; 0.0 if nothing was submitted; ``None``: the harness failed, or a design that hangs is masked."""
    feedback: float | None = None
    """Score of the submitted design under the stimulus that tools show; ``None``: there is none."""
    sealed: float | None = None
    """Score under the sealed stimulus and the proof; ``None``: there is none."""
    told_bits: int = 0
    """Bits of the reference's outputs that tools told, each counted once."""
    turns: int = 0
    """Calls of tools."""
    status: Status | None = None
    """Of the sealed verdict; ``None``: nothing was judged."""
    parts: Mapping[str, float] = field(default_factory=dict)
    """Of the sealed score, as a reward has them."""
    reason: str = ""
    """Why there is no reward, or no design to judge."""

    @property
    def overfit(self) -> float | None:
        """``feedback`` less ``sealed``: what a design is better at under the stimulus that its writer has seen."""
        return None if self.feedback is None or self.sealed is None else self.feedback - self.sealed

    @property
    def metrics(self) -> dict[str, float]:
        """All figures by name, for a trainer's log; those that there are."""
        given = {"feedback": self.feedback, "sealed": self.sealed, "overfit": self.overfit}
        known = {name: value for name, value in given.items() if value is not None}
        counts = {"told_bits": float(self.told_bits), "turns": float(self.turns)}
        return {**known, **counts, "failed": float(self.reward is None)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a model gets back from one call."""

    text: str
    is_over: bool = False
    turns_left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What one call did to its episode."""

    text: str
    bits: Bits = field(default_factory=dict)
    simulated: Candidate | None = None
    """The design that ``wave`` shows from now on."""
    outcome: Outcome | None = None
    """Set by ``submit``."""


Work = Callable[[Checkers], Done]
"""A call of a tool, done in a thread of the environment."""


class Host(Protocol):
    """What begins episodes; may be shared by all of them."""

    settings: EnvironmentSettings

    def submit_work(self, work: Work) -> "Future[Done]":
        """Begin ``work`` when there is room for it."""

    def close(self) -> None:
        """End every process that it has started."""


class Episode:
    """One problem, from the first call to the verdict. Thread-safe: calls are done one after the other. Can be pickled.

    ``RtlEnvironment.begin`` makes one.
    """

    def __init__(self, host: Host, problem: Problem) -> None:
        self.host = host
        self.problem = problem
        self._lock = threading.Lock()
        self._turns = 0
        self._bits: dict[tuple[str, int], int] = {}
        self._simulated: Candidate | None = None
        self._outcome: Outcome | None = None

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in self.__dict__.items() if name != "_lock"}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._lock = threading.Lock()

    @property
    def outcome(self) -> Outcome | None:
        """``None`` until the episode is over."""
        return self._outcome

    @property
    def told_bits(self) -> int:
        """Bits of the reference's outputs that tools have told so far, each counted once."""
        return count_bits_told(self._bits)

    @property
    def turns(self) -> int:
        """Calls of tools so far."""
        return self._turns

    def call(self, tool: str, **arguments: object) -> Reply:
        """Return the answer of ``tool``; what a model gives wrongly is told to it and costs a turn, and never raises.

        ``compile``, ``simulate``, ``synthesize`` and ``submit`` take ``verilog``, ``wave`` takes ``first_step``. Where
        the harness fails, or takes longer than it may, the episode is over without a reward.
        """
        with self._lock:
            if self._outcome is not None:
                return Reply(text=_OVER, is_over=True)
            self._turns += 1
            work = self._choose(tool, arguments)
            done = work if isinstance(work, Done) else self._run(work)
            self._bits.update(done.bits)
            self._simulated = done.simulated or self._simulated
            if done.outcome is not None:
                self._end(done.outcome)
            left = self.host.settings.max_turns - self._turns
            if self._outcome is None and left <= 0:
                self._end(Outcome(reward=0.0, reason=f"nothing was submitted in {self._turns} turns"))
                return Reply(text=f"{done.text}\n\n{_OVER}", is_over=True)
            return self._reply(done.text, left)

    async def call_async(self, tool: str, **arguments: object) -> Reply:
        """Return what ``call`` does; the event loop goes on meanwhile."""
        return await asyncio.to_thread(partial(self.call, tool, **arguments))

    def finish(self) -> Outcome:
        """Return what the episode came to, which ends it: a model that has not submitted has earned 0.0."""
        with self._lock:
            if self._outcome is None:
                self._end(Outcome(reward=0.0, reason="nothing was submitted"))
            found = self._outcome
        assert found is not None  # noqa: S101  set above
        return found

    def _end(self, outcome: Outcome) -> None:
        self._outcome = replace(outcome, told_bits=self.told_bits, turns=self._turns)

    def _reply(self, text: str, left: int) -> Reply:
        if self._outcome is not None:
            return Reply(text=text, is_over=True)
        note = "One call left; only submit is worth anything." if left == 1 else f"{left} calls left."
        return Reply(text=f"{text}\n\n{note}", turns_left=left)

    def _choose(self, tool: str, arguments: Mapping[str, object]) -> Work | Done:
        """Return what the call is to do, or at once what is wrong with it."""
        settings = self.host.settings
        if tool not in settings.tools:
            return Done(text=f"There is no tool {tool[:40]!r}; there are {', '.join(settings.tools)}.")
        if tool == ToolName.WAVE:
            return self._choose_wave(arguments.get("first_step", 0))
        verilog = arguments.get("verilog")
        if not isinstance(verilog, str):
            return Done(text=f"{tool} takes the Verilog of the whole design, as text, in the argument verilog.")
        if settings.guards.is_too_long(verilog):
            reason = f"The design has {len(verilog)} characters, more than {settings.guards.max_characters}."
            outcome = Outcome(reward=0.0, reason=reason) if tool == ToolName.SUBMIT else None
            return Done(text=reason, outcome=outcome)
        problem = self.problem
        candidate = extract_candidate(verilog, top=problem.top, header=problem.header or None)
        if tool == ToolName.SUBMIT:
            return partial(_submit, problem, candidate, verilog, settings)
        return partial(_TOOLS[ToolName(tool)], problem, candidate)

    def _choose_wave(self, first_step: object) -> Work | Done:
        if not isinstance(first_step, int) or isinstance(first_step, bool) or first_step < 0:
            return Done(text="wave takes first_step, a whole number of 0 or more.")
        if self._simulated is None:
            return Done(text="Nothing was simulated yet: wave shows the design that simulate ran last.")
        return partial(_show_waves, self.problem, self._simulated, first_step, self.host.settings.wave_steps)

    def _run(self, work: Work) -> Done:
        """Return what ``work`` did; where the harness fails, the end of the episode."""
        future = self.host.submit_work(work)
        try:
            return future.result(self.host.settings.timeout_s)
        except CancelledError:
            reason = _CLOSED
        except TimeoutError:
            future.cancel()
            reason = f"no answer within {self.host.settings.timeout_s:g} s; give a larger timeout_s, or more jobs"
        except RtlgenError as error:
            reason = f"the harness failed: {error}"
        except Exception as error:  # noqa: BLE001  one episode must not end a training run
            _LOG.exception("environment: %s: a defect of the harness", self.problem.problem_id)
            reason = f"a defect of the harness: {type(error).__name__}: {error}"
        reason = f"{self.problem.problem_id}: {reason}"
        _LOG.warning("environment: no reward: %s", reason)
        return Done(text=_FAILED, outcome=Outcome(reward=None, reason=reason))


def _compile(problem: Problem, candidate: Candidate, checkers: Checkers) -> Done:
    told = tell_compiled(problem, candidate, checkers.feedback.check(candidate, problem))
    return Done(text=told.text)


def _simulate(problem: Problem, candidate: Candidate, checkers: Checkers) -> Done:
    verdict = checkers.feedback.check(candidate, problem)
    told = tell_simulated(problem, candidate, verdict)
    return Done(text=told.text, bits=told.bits, simulated=candidate if verdict.is_compiled else None)


def _show_waves(problem: Problem, candidate: Candidate, first_step: int, steps: int, checkers: Checkers) -> Done:
    waves = checkers.feedback.simulate_again(candidate, problem, _AS_SHOWN)
    if waves is None:
        return Done(text="There is nothing to show: the design did not run.")
    told = tell_waves(waves, first_step, steps)
    return Done(text=told.text, bits=told.bits)


def _synthesize(problem: Problem, candidate: Candidate, checkers: Checkers) -> Done:
    verdict = checkers.feedback.check(candidate, problem)
    if not verdict.is_compiled:
        return Done(text=tell_compiled(problem, candidate, verdict).text)
    source = checkers.feedback.screen(candidate.text, problem).source
    return Done(text=tell_synthesized(checkers.synthesizer.synthesize(source, problem.top)).text)


def _submit(
    problem: Problem, candidate: Candidate, answer: str, settings: EnvironmentSettings, checkers: Checkers
) -> Done:
    shown, sealed = (
        settings.preset.reward_of(check_best(checker, candidate, problem, seed=seed), answer)
        for checker, seed in ((checkers.feedback, settings.feedback_seed), (checkers.sealed, settings.sealed_seed))
    )
    is_masked = settings.is_hang_masked and sealed.status is Status.TIMEOUT
    outcome = Outcome(
        reward=None if is_masked else sealed.value,
        feedback=shown.value,
        sealed=sealed.value,
        status=sealed.status,
        parts=sealed.parts,
        reason="the design hangs, and such are masked" if is_masked else "",
    )
    return Done(text=_SUBMITTED, outcome=outcome)


_TOOLS: Mapping[ToolName, Callable[[Problem, Candidate, Checkers], Done]] = {
    ToolName.COMPILE: _compile,
    ToolName.SIMULATE: _simulate,
    ToolName.SYNTHESIZE: _synthesize,
}
