"""The mutation score of a problem: the share of small mistakes in its reference that its stimulus shows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.check.compare import compare_traces
from pytest_rtlgen.check.reference import PreparedReference
from pytest_rtlgen.errors import RenameError
from pytest_rtlgen.records import Candidate, Problem, Proof
from pytest_rtlgen.selfcheck.netlist_mutants import list_netlist_mutants
from pytest_rtlgen.simulators import SimulationJob, Simulator
from pytest_rtlgen.verilog.canonical import read_canonical
from pytest_rtlgen.verilog.mutate import Mutant, list_mutants
from pytest_rtlgen.verilog.power_up import power_up
from pytest_rtlgen.verilog.rename import rename_module

Prove = Callable[[str], Proof]
"""Whether the text, which defines the reference's module anew, does what the reference does."""
NETLIST_SHARE = 4
"""One mutant in so many is made from the netlist."""


class Fate(StrEnum):
    """What became of one mutant."""

    INVALID = "invalid"
    """It does not build."""
    KILLED = "killed"
    SURVIVED = "survived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Survivor:
    """A mutant that the stimulus cannot tell from the reference."""

    operator: str
    line: int
    """Line of the reference, from 1; 0 where that cannot be told."""
    before: str
    after: str
    proof: Proof
    """``equivalent``: rightly so. ``different``: the stimulus misses it. ``unknown``: nobody could tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationScore:
    """What became of one problem's mutants."""

    generated: int
    invalid: int
    """Mutants that do not build."""
    killed: int
    survivors: tuple[Survivor, ...]
    seed: int

    def count(self, proof: Proof) -> int:
        """Return how many survivors were proved so."""
        return sum(survivor.proof is proof for survivor in self.survivors)

    @property
    def score(self) -> float:
        """Share of the mutants known to be different that were killed; 1.0 where there are none."""
        different = self.killed + self.count(Proof.DIFFERENT)
        return self.killed / different if different else 1.0


def measure_mutation(
    checker: Checker, problem: Problem, *, limit: int, seed: int = 0, prove: Prove | None = None
) -> MutationScore:
    """Return how the problem's stimulus does on at most ``limit`` mutants of its reference.

    Raises:
        BadReferenceError: the problem's reference is no good.
        ToolError: the simulator is missing or broken.
    """
    reference = checker.prepare(problem)
    mutants = draw_mutants(checker.simulator, reference, problem, limit=limit, seed=seed)
    fates = [judge_mutant(checker.simulator, reference, mutant.source) for mutant in mutants]
    survivors = [mutant for mutant, fate in zip(mutants, fates, strict=True) if fate is Fate.SURVIVED]
    return MutationScore(
        generated=len(mutants),
        invalid=fates.count(Fate.INVALID),
        killed=fates.count(Fate.KILLED),
        survivors=tuple(_describe(mutant, prove) for mutant in survivors),
        seed=seed,
    )


def draw_mutants(
    simulator: Simulator, reference: PreparedReference, problem: Problem, *, limit: int, seed: int
) -> tuple[Mutant, ...]:
    """Return at most ``limit`` mutants: of the text, and a quarter of the netlist where Yosys reads it rightly.

    Raises:
        BadReferenceError: the reference does not parse.
        ToolError: the simulator is missing or broken.
    """
    source, top = problem.reference, problem.reference_top
    unchanged, *faulty = list_netlist_mutants(source, top, limit=limit // NETLIST_SHARE, seed=seed) or (None,)
    if unchanged is None or judge_mutant(simulator, reference, unchanged.source) is not Fate.SURVIVED:
        faulty = []
    return (*list_mutants(source, top, limit=limit - len(faulty), seed=seed), *(item for item in faulty if item))


def make_prove(checker: Checker, problem: Problem) -> Prove:
    """Return a judge of survivors: the whole check, with its proof, its replay and its second stimulus."""

    def prove(source: str) -> Proof:
        try:
            if problem.reference_top != problem.top:
                source = rename_module(source, problem.reference_top, problem.top)
        except RenameError:
            return Proof.UNKNOWN
        verdict = checker.check(Candidate(source=source, rule="mutant"), problem)
        if not verdict.is_compiled:
            return Proof.UNKNOWN
        if not verdict.is_passed:
            return Proof.DIFFERENT
        is_proved = verdict.equivalence is not None and verdict.equivalence.result is Proof.EQUIVALENT
        return Proof.EQUIVALENT if is_proved else Proof.UNKNOWN

    return prove


def judge_mutant(simulator: Simulator, reference: PreparedReference, source: str) -> Fate:
    """Return whether the reference's stimulus shows ``source``, whose module has the reference's own name, to differ.

    Raises:
        ToolError: the simulator is missing or broken.
    """
    interface = replace(reference.interface, module=reference.top)
    if reference.powered_up is not None:
        source = power_up(read_canonical(source).text, reference.top, reference.powered_up.value).text
    simulation = simulator.simulate(SimulationJob(source=source, interface=interface, stimulus=reference.stimulus))
    if simulation.trace is None:
        return Fate.KILLED if simulation.is_compiled else Fate.INVALID
    signals = compare_traces(reference.trace, reference.retime(simulation.trace))
    return Fate.KILLED if any(signal.mismatches for signal in signals) else Fate.SURVIVED


def _describe(mutant: Mutant, prove: Prove | None) -> Survivor:
    return Survivor(
        operator=mutant.operator,
        line=mutant.line,
        before=mutant.before,
        after=mutant.after,
        proof=Proof.UNKNOWN if prove is None else prove(mutant.source),
    )
