"""``generate``: completions only, into a run's folder that pytest can go on with."""

import argparse
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest_rtlgen
from pytest_rtlgen.cli.arguments import (
    CHECK_OPTIONS,
    GENERATION_OPTIONS,
    SPENDING_OPTIONS,
    Command,
    Parser,
    add_options,
    make_backend_settings,
    make_check_settings,
    read_options,
)
from pytest_rtlgen.cli.streams import Progress, say, write_out
from pytest_rtlgen.errors import ToolError, UsageError

if TYPE_CHECKING:
    from pytest_rtlgen.config import Options
    from pytest_rtlgen.prompts import PromptStyle
    from pytest_rtlgen.records import Environment, Problem, RunSettings, Suite
    from pytest_rtlgen.storage import RunStore

_PROMPT = ("preset", "prompt", "shots", "rules")
_REPAIR = ("repair", "reflector", "show-testbench")
_CHECK = (*CHECK_OPTIONS, "scoring")
"""They are part of what a run is resumed by, and pytest must be given the same."""


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    add_options(
        parser, "suite", *GENERATION_OPTIONS, *SPENDING_OPTIONS, *_PROMPT, *_REPAIR, "out", "resume", "limit", *_CHECK
    )


def run(args: argparse.Namespace) -> int:
    """Ask for the completions that the run lacks, have them repaired if asked to, and print the run's folder."""
    from filelock import FileLock

    from pytest_rtlgen.backends import make_backend
    from pytest_rtlgen.cli.repair_answers import plan_repair, repair_answers
    from pytest_rtlgen.evaluation.accounts import Accounts
    from pytest_rtlgen.evaluation.stages import generate_completions
    from pytest_rtlgen.loaders import load_suite
    from pytest_rtlgen.prompts.read import read_style

    options = read_options(args)
    if options.model is None or not options.suite:
        raise UsageError(f"generate needs {'--model' if options.model is None else '--suite'}")
    suites = [load_suite(spec) for spec in options.suite]
    style = read_style(options.prompt, shots=options.shots, has_rules=options.rules, suites=suites)
    asked = make_backend_settings(options)
    accounts = Accounts.open(options, warn=say)
    backend = accounts.account(options.model, make_backend(options.model, accounts.limit(asked)))
    plan = plan_repair(options, backend, accounts, asked, style)
    store = open_run(options, suites, style)
    problems = [problem for suite in suites for problem in suite.problems[: options.limit]]
    progress = Progress()
    try:
        with FileLock(store.path / "generation.lock"):
            generate_completions(
                problems,
                backend=backend,
                sampling=options.sampling,
                store=store,
                style=style,
                progress=lambda done, total: progress.show(f"{done}/{total} completions"),
            )
            if plan is not None:
                repair_answers(plan, options, store, problems, progress.show)
    finally:
        progress.clear()
        say(f"{store.path}: {len(store.read_completions())} completions")
    write_out(str(store.path))
    return 0


def open_run(options: "Options", suites: Sequence["Suite"], style: "PromptStyle") -> "RunStore":
    """Return the run to go on with, as ``--resume`` says, or a new one.

    Raises:
        UsageError: the run that ``--resume`` names was made with other settings.
        StorageError: a new folder cannot be made.
    """
    from pytest_rtlgen.storage import RunStore, find_resumable

    settings = _make_settings(options, suites, style)
    if options.resume not in {"auto", "never"}:
        return RunStore.open(Path(options.resume), settings)
    found = find_resumable(options.out, settings) if options.resume == "auto" else None
    if found is not None:
        return RunStore.open(found, settings)
    problems: list[Problem] = [problem for suite in suites for problem in suite.problems]
    return RunStore.create(options.out, settings, _describe_environment(options), problems)


def _make_settings(options: "Options", suites: Sequence["Suite"], style: "PromptStyle") -> "RunSettings":
    from pytest_rtlgen.records import RunSettings

    return RunSettings(
        model=options.model_label,
        suites=tuple((suite.name, suite.digest) for suite in suites),
        sampling=options.sampling,
        prompt=str(style),
        simulator=options.simulator,
        stimulus_seed=options.stimulus_seed,
        cycles=options.cycles,
        formal=options.formal,
        formal_budget_s=options.formal_budget_s,
        cross_check=options.cross_check,
        scoring=options.scoring,
        repair=str(options.repair or ""),
        reflector=options.reflector or "",
        is_testbench_shown=options.show_testbench,
    )


def _describe_environment(options: "Options") -> "Environment":
    """Return the environment; a machine that only generates may have no simulator."""
    from pytest_rtlgen.check.checker import Checker
    from pytest_rtlgen.evaluation.stages import describe_environment
    from pytest_rtlgen.records import Environment

    try:
        with Checker(make_check_settings(options, jobs=1)) as checker:
            return describe_environment(checker, pytest_rtlgen.__version__)
    except ToolError:
        return Environment(
            harness=pytest_rtlgen.__version__,
            python=platform.python_version(),
            platform=platform.platform(),
            tools=(),
        )


COMMAND = Command(
    name="generate",
    help="ask a model for completions, and check nothing",
    add_arguments=add_arguments,
    run=run,
)
