"""Two runs over the problems that both have: paired differences, and which problems changed."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.metrics import bootstrap_interval, estimate_mcnemar_p, estimate_pass_at_k
from pytest_rtlgen.records import Environment, Estimate, ProblemKey, RunSettings, SampleResult

_COMPARED = frozenset({"model", "base_url"})
"""Settings that comparisons are about."""
_WHICH_PROBLEMS = frozenset({"suites", "limit", "selection"})
"""Settings that say which problems a run has: only those of both are compared."""
_IDLE_TOOLS = frozenset({"pytest"})
"""Tools on which no verdict depends."""
_DIGITS = 12
"""Of a difference of two scores: 1/2 and 2/4 are the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two runs."""

    path: str
    settings: RunSettings
    environment: Environment
    samples: Sequence[SampleResult]
    """Those that its figures count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureChange:
    """pass@k of both runs over the same problems."""

    k: int
    base: Estimate
    new: Estimate
    change: Estimate
    """Mean of the differences, new less base, with an interval of its own: the problems are paired."""
    fell: int
    """Problems whose pass@k is lower in the new run."""
    rose: int
    p_value: float
    """Exact McNemar test of ``fell`` against ``rose``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemChange:
    """One problem with another share of passing samples."""

    problem: str
    """``suite/problem_id``."""
    base_passed: int
    base_n: int
    new_passed: int
    new_n: int
    is_flip: bool
    """Whether one run has a passing sample and the other has none."""
    run: str
    """Folder of the run that did worse."""
    sample: int
    """Of its samples that fail, the first that passes in the other run, else the first."""

    @property
    def is_worse(self) -> bool:
        """Whether the new run did worse."""
        return self.change < 0

    @property
    def change(self) -> float:
        """Share of passing samples, new less base."""
        return self.new_passed / self.new_n - self.base_passed / self.base_n


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What changed between a run and the one that it is compared with."""

    base: str
    """Folder of the run that is compared with."""
    new: str
    base_model: str
    new_model: str
    unlike: tuple[str, ...]
    """What the runs differ in besides the model, a phrase each."""
    problems: int
    """Problems that both have; every figure is over them."""
    only_base: tuple[str, ...]
    """``suite/problem_id`` of the problems that the new run has not."""
    only_new: tuple[str, ...]
    figures: tuple[FigureChange, ...]
    """By k."""
    changed: tuple[ProblemChange, ...]
    """From the greatest loss to the greatest gain."""


def compare_runs(base: Side, new: Side, ks: Iterable[int], *, seed: int = 0) -> Comparison:
    """Return what changed from ``base`` to ``new`` over the problems that both have.

    Of ``ks`` count those that the problem with the fewest samples allows.

    Raises:
        UsageError: the runs have no problem in common.
    """
    before, after = _group(base.samples), _group(new.samples)
    shared = sorted(before.keys() & after.keys())
    fewest = count_fewest(base, new)
    pairs = [(before[key], after[key]) for key in shared]
    changes = (_compare_problem(key, before[key], after[key], base=base.path, new=new.path) for key in shared)
    return Comparison(
        base=base.path,
        new=new.path,
        base_model=base.settings.model,
        new_model=new.settings.model,
        unlike=list_unlike((base.settings, base.environment), (new.settings, new.environment)),
        problems=len(shared),
        only_base=tuple(map(str, sorted(before.keys() - after.keys()))),
        only_new=tuple(map(str, sorted(after.keys() - before.keys()))),
        figures=tuple(_compare_figure(k, pairs, seed) for k in sorted(set(ks)) if k <= fewest),
        changed=tuple(sorted((item for item in changes if item), key=lambda item: (item.change, item.problem))),
    )


def count_fewest(base: Side, new: Side) -> int:
    """Return how many samples the problem with the fewest has, of those in both runs.

    Raises:
        UsageError: the runs have no problem in common.
    """
    before, after = (Counter(sample.key.problem for sample in side.samples) for side in (base, new))
    shared = before.keys() & after.keys()
    if not shared:
        raise UsageError(f"{base.path} and {new.path} have no problem in common; compare runs on the same suite")
    return min(rows[key] for rows in (before, after) for key in shared)


def list_unlike(base: tuple[RunSettings, Environment], new: tuple[RunSettings, Environment]) -> tuple[str, ...]:
    """Return a phrase for each condition in which two runs differ.

    Model, endpoint, seed and choice of problems may differ, and the digest of a suite that one run alone has.
    """
    was, now = _list_conditions(*base), _list_conditions(*new)
    names = [name for name in {**was, **now} if not name.startswith("dataset ") or (name in was and name in now)]
    found = ((name, was.get(name, "none"), now.get(name, "none")) for name in names)
    return tuple(f"{name} {one} and {other}" for name, one, other in found if one != other)


def _list_conditions(settings: RunSettings, environment: Environment) -> dict[str, str]:
    """Return what must be the same for the model alone to make the difference."""
    left_out = _COMPARED | _WHICH_PROBLEMS | {"sampling"}
    named = {field.name: getattr(settings, field.name) for field in fields(settings) if field.name not in left_out}
    sampling = {field.name: getattr(settings.sampling, field.name) for field in fields(settings.sampling)}
    del sampling["seed"]
    versions = {f"{name} version": version for name, version in environment.tools if name not in _IDLE_TOOLS}
    return {
        **{f"dataset {name}": digest for name, digest in settings.suites},
        **{name.replace("_", "-"): _show(value) for name, value in (sampling | named).items()},
        "pytest-rtlgen version": environment.harness,
        **versions,
    }


def _show(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value in {None, ""} else str(value)


def _group(samples: Iterable[SampleResult]) -> dict[ProblemKey, dict[int, bool]]:
    """Return whether each sample passed, by index, of each problem."""
    found: dict[ProblemKey, dict[int, bool]] = {}
    for sample in samples:
        found.setdefault(sample.key.problem, {})[sample.key.index] = sample.verdict.is_passed
    return found


def _compare_figure(k: int, pairs: Sequence[tuple[Mapping[int, bool], Mapping[int, bool]]], seed: int) -> FigureChange:
    base, new = (
        [estimate_pass_at_k(len(rows), sum(rows.values()), k) for rows in side] for side in zip(*pairs, strict=True)
    )
    changes = [round(after - before, _DIGITS) for before, after in zip(base, new, strict=True)]
    fell, rose = sum(change < 0 for change in changes), sum(change > 0 for change in changes)
    return FigureChange(
        k=k,
        base=bootstrap_interval(base, seed=seed),
        new=bootstrap_interval(new, seed=seed),
        change=bootstrap_interval(changes, seed=seed, span=(-1.0, 1.0)),
        fell=fell,
        rose=rose,
        p_value=estimate_mcnemar_p(fell, rose),
    )


def _compare_problem(
    key: ProblemKey, before: Mapping[int, bool], after: Mapping[int, bool], *, base: str, new: str
) -> ProblemChange | None:
    """Return the change of one problem; ``None``: the share of passing samples is the same."""
    base_passed, new_passed = sum(before.values()), sum(after.values())
    difference = new_passed * len(before) - base_passed * len(after)
    if difference == 0:
        return None
    run, worse, better = (new, after, before) if difference < 0 else (base, before, after)
    failing = sorted(index for index, is_passed in worse.items() if not is_passed)
    return ProblemChange(
        problem=str(key),
        base_passed=base_passed,
        base_n=len(before),
        new_passed=new_passed,
        new_n=len(after),
        is_flip=not (base_passed and new_passed),
        run=run,
        sample=next((index for index in failing if better.get(index)), failing[0]),
    )
