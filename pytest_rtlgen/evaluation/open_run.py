"""A run's folder: made, gone on with, or copied to be checked again."""

import platform
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_rtlgen.backends import Backend, check_installed
from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.config import Options
from pytest_rtlgen.errors import RecordError, ToolError, UsageError
from pytest_rtlgen.evaluation.compare import find_run, refuse_unlike
from pytest_rtlgen.evaluation.settings import collect_deciding, make_check_settings, make_run_settings
from pytest_rtlgen.prompts import PromptStyle
from pytest_rtlgen.records import Environment, Problem, RunSettings, Suite
from pytest_rtlgen.storage import RunStore, find_resumable
from pytest_rtlgen.tools.versions import list_versions
from pytest_rtlgen.version import __version__


def describe_environment(checker: Checker) -> Environment:
    """Return the versions that a verdict depends on.

    Raises:
        ToolError: the simulator is missing.
    """
    return _describe_machine((("simulator", checker.simulator.version), *list_versions()))


def describe_generator(options: Options) -> Environment:
    """Return the environment of a machine that only generates, and may have no simulator."""
    try:
        with Checker(make_check_settings(options, jobs=1)) as checker:
            return describe_environment(checker)
    except ToolError:
        return _describe_machine(())


def open_run(
    options: Options,
    suites: Sequence[Suite],
    style: PromptStyle,
    environment: Environment,
    backends: Iterable[Backend],
    *,
    selection: str = "",
) -> RunStore:
    """Return the run to go on with, as ``options.resume`` says, or a new one, which ``backends`` can answer.

    ``selection`` is what pytest chose problems by.

    Raises:
        ToolError: a new run's model needs an extra that is not installed.
        UsageError: the run that the option names was made with other settings, the run to go on with has answers of
            another endpoint, or the run to compare with was made in another way.
        RecordError: there is no such run.
        StorageError: a new folder cannot be made.
    """
    backends = tuple(backends)
    base_url = next((url for url in (getattr(backend, "base_url", "") for backend in backends) if url), "")
    settings = make_run_settings(options, suites, style, selection=selection, base_url=base_url)
    if options.compare is not None:
        refuse_unlike(find_run(options.compare, options.out), "this run", (settings, environment), options)
    begun = _find_begun(options, settings)
    if begun is not None:
        return begun
    for backend in backends:
        check_installed(backend)
    problems = [problem for suite in suites for problem in suite.problems[: options.limit]]
    return RunStore.create(options.out, settings, environment, problems, name=options.save)


def _find_begun(options: Options, settings: RunSettings) -> RunStore | None:
    """Return the run to go on with, as ``options.save`` and ``options.resume`` say; ``None``: a new one is made."""
    if options.save is not None:
        return _find_named(options.out / options.save, options.resume, settings)
    if options.resume not in {"auto", "never"}:
        return RunStore.open(Path(options.resume), settings)
    if options.resume == "never":
        return None
    found = find_resumable(options.out, settings)
    if found is not None:
        return RunStore.open(found, settings)
    _refuse_two_endpoints(options.out, settings)
    return None


def _find_named(path: Path, resume: str, settings: RunSettings) -> RunStore | None:
    """Return the unfinished run in the folder that a name stands for; ``None``: there is no such folder."""
    if resume not in {"auto", "never"}:
        raise UsageError(f"--rtlgen-save={path.name} names a run, but --rtlgen-resume={resume} has a name; give one")
    if not path.exists():
        return None
    store = RunStore.open(path, settings)
    if store.is_finished or resume == "never":
        raise UsageError(f"--rtlgen-save={path.name}: {path} is a run already; choose another name, or remove it")
    return store


def _refuse_two_endpoints(out: Path, settings: RunSettings) -> None:
    """Raise where an unfinished run with answers differs by the address alone: one of the two is not what is meant."""
    found = find_resumable(out, settings, ignored=("base_url",))
    store = RunStore.open(found) if found is not None else None
    if store is not None and store.count_completions():
        before = store.header.settings.base_url
        raise UsageError(
            f"{found}: this unfinished run was answered by {before or 'an endpoint that is not on record'}, now "
            f"--rtlgen-base-url is {settings.base_url or 'not given'}; finish it with its own address, or start a new "
            "run with --rtlgen-resume=never"
        )


def open_copy(old: RunStore, options: Options, suites: Sequence[Suite], out: Path) -> RunStore:
    """Return a run of the last answers in ``old`` under ``options``: an unfinished one under ``out``, else a new one.

    ``suites`` take the place of the run's own of the same names.

    Raises:
        RecordError: ``old`` holds no answer.
        StorageError: the folder cannot be made.
    """
    completions = old.read_last_completions()
    if not completions:
        raise RecordError(f"{old.path}: holds no answer; ask for them with rtlgen generate")
    settings, problems = _change_settings(old, options, suites)
    found = find_resumable(out, settings)
    if found is not None and found.resolve() != old.path.resolve():
        store = RunStore.open(found)
        if store.header.problems == problems and store.read_completions() == completions:
            return store
    store = RunStore.create(out, settings, old.header.environment, problems)
    store.select(old.list_selected())
    for completion in completions.values():
        store.append_completion(completion)
    return store


def _change_settings(
    old: RunStore, options: Options, suites: Sequence[Suite]
) -> tuple[RunSettings, tuple[Problem, ...]]:
    fresh = {suite.name: suite for suite in suites}
    digests = dict(old.header.settings.suites) | {name: suite.digest for name, suite in fresh.items()}
    kept = [problem for problem in old.header.problems if problem.suite not in fresh]
    added = [problem for suite in fresh.values() for problem in suite.problems[: old.header.settings.limit]]
    return replace(old.header.settings, **collect_deciding(options), suites=tuple(digests.items())), (*kept, *added)


def _describe_machine(tools: tuple[tuple[str, str], ...]) -> Environment:
    return Environment(harness=__version__, python=platform.python_version(), platform=platform.platform(), tools=tools)
