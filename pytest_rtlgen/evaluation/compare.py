"""A run beside an earlier one, which is found by its folder or its name."""

from collections.abc import Sequence
from pathlib import Path

from pytest_rtlgen.config import Options
from pytest_rtlgen.errors import RecordError, UsageError
from pytest_rtlgen.records import Environment, ProblemKey, RunSettings, SampleResult
from pytest_rtlgen.report.comparison import Comparison, Side, compare_runs, list_unlike
from pytest_rtlgen.storage import RunStore


def find_run(name: str, out: Path) -> RunStore:
    """Return the run in the folder ``name``, or the one that is called so under ``out``.

    Raises:
        RecordError: there is none, or it cannot be read.
    """
    given, named = Path(name), out / name
    is_name = (named / "run.json").exists() and not (given / "run.json").exists()
    return RunStore.open(named if is_name else given)


def read_excluded(store: RunStore) -> dict[ProblemKey, str]:
    """Return the problems that a finished run leaves out, with reasons; none of another."""
    named = dict(store.read_summary().excluded) if store.is_finished else {}
    return {problem.key: named[str(problem.key)] for problem in store.header.problems if str(problem.key) in named}


def read_side(store: RunStore) -> Side:
    """Return a saved run to be compared, with the samples that its figures count.

    Raises:
        RecordError: it cannot be read, or no sample was checked yet.
    """
    excluded = read_excluded(store)
    samples = [sample for sample in store.read_results().values() if sample.key.problem not in excluded]
    if not samples:
        raise RecordError(f"{store.path}: no sample of this run was checked yet; check it with rtlgen check RUN")
    return _make_side(store, samples)


def compare_with_base(store: RunStore, samples: Sequence[SampleResult], options: Options) -> Comparison | None:
    """Return the run in ``store`` with ``samples`` beside that of ``options.compare``; ``None``: it names none.

    Raises:
        RecordError: there is no such run, or it cannot be read.
        UsageError: the runs have no problem in common.
    """
    if options.compare is None:
        return None
    return compare_runs(read_side(find_run(options.compare, options.out)), _make_side(store, samples), options.k)


def _make_side(store: RunStore, samples: Sequence[SampleResult]) -> Side:
    return Side(
        path=str(store.path), settings=store.header.settings, environment=store.header.environment, samples=samples
    )


def refuse_unlike(base: RunStore, name: str, new: tuple[RunSettings, Environment], options: Options) -> None:
    """Refuse runs in which more than the model differs, unless ``--rtlgen-unlike`` is given.

    ``name`` is how the message calls the new run.

    Raises:
        UsageError: they differ; the message names each difference.
    """
    unlike = list_unlike((base.header.settings, base.header.environment), new)
    if unlike and not options.unlike:
        raise UsageError(
            f"{base.path} and {name} are unlike: {'; '.join(unlike)}; rtlgen rescore checks old answers again, and "
            "--unlike (in pytest --rtlgen-unlike) compares all the same"
        )
