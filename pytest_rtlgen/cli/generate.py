"""``generate``: completions only, into a run's folder that pytest can go on with."""

import argparse
from contextlib import ExitStack

from pytest_rtlgen.cli.arguments import (
    Parser,
    add_options,
    read_options,
)
from pytest_rtlgen.cli.streams import write_out
from pytest_rtlgen.config import Group
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.evaluation.generate import answer_problems
from pytest_rtlgen.evaluation.judge import open_judge
from pytest_rtlgen.evaluation.models import open_models
from pytest_rtlgen.evaluation.open_run import describe_generator, open_run
from pytest_rtlgen.evaluation.settings import read_prompt_style
from pytest_rtlgen.evaluation.watch import ConsoleWatcher
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.report.console import write_note


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    asking = (Group.GENERATION, Group.SPENDING, Group.PROMPT, Group.REPAIR)
    deciding = (Group.CHECK, "scoring")  # part of what a run is resumed by, and pytest must be given the same
    add_options(parser, "suite", *asking, "out", "save", "resume", "limit", *deciding, "jobs", "executor")


def run(args: argparse.Namespace) -> int:
    """Ask for the completions that the run does not have yet, repair them if asked to, and print the run's folder."""
    options = read_options(args)
    if options.model is None or not options.suite:
        raise UsageError(f"generate needs {'--model' if options.model is None else '--suite'}")
    suites = [load_suite(spec) for spec in options.suite]
    style = read_prompt_style(options, suites)
    models = open_models(options, style, warn=write_note)
    store = open_run(options, suites, style, describe_generator(options), models.backends)
    problems = [problem for suite in suites for problem in suite.problems[: options.limit]]
    with ExitStack() as stack:
        stack.callback(lambda: write_note(f"{store.path}: {len(store.read_completions())} completions"))
        judge = stack.enter_context(open_judge(options)) if models.repair else None
        loop = answer_problems(
            problems, models, store=store, judge=judge, watcher=ConsoleWatcher(), options=options
        ).repair
    for key, error in loop.errors.items() if loop else ():
        write_note(f"{key.problem} sample {key.index}: not judged: {error}")
    write_out(str(store.path))
    return 0
