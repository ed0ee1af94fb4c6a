"""The repair loop on the command line: ``generate --repair`` checks its answers and has them mended."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_rtlgen.cli.arguments import count_jobs, make_check_settings
from pytest_rtlgen.cli.streams import say

if TYPE_CHECKING:
    from pytest_rtlgen.backends import Backend, BackendSettings
    from pytest_rtlgen.config import Options
    from pytest_rtlgen.evaluation.accounts import Accounts
    from pytest_rtlgen.evaluation.repair import RepairPlan
    from pytest_rtlgen.prompts import PromptStyle
    from pytest_rtlgen.records import Problem
    from pytest_rtlgen.storage import RunStore


def plan_repair(
    options: "Options", generator: "Backend", accounts: "Accounts", asked: "BackendSettings", style: "PromptStyle"
) -> "RepairPlan | None":
    """Return how answers are repaired; ``None``: they are not.

    Raises:
        UsageError: the model cannot answer again, or there is no such reflector.
    """
    from pytest_rtlgen.backends import make_backend
    from pytest_rtlgen.evaluation.repair import RepairPlan

    if options.repair is None:
        return None
    reflector = generator if options.reflector == options.model else None
    if options.reflector and reflector is None:
        settings = accounts.limit(replace(asked, lora=None))
        reflector = accounts.account(options.reflector, make_backend(options.reflector, settings))
    return RepairPlan(
        budget=options.repair,
        generator=generator,
        reflector=reflector,
        shows_testbench=options.show_testbench,
        sampling=options.sampling,
        style=style,
    )


def repair_answers(
    plan: "RepairPlan",
    options: "Options",
    store: "RunStore",
    problems: "Sequence[Problem]",
    show: Callable[[str], None],
) -> None:
    """Check the answers of a run and have those mended that are wrong; problems that cannot be judged are named.

    Raises:
        BackendError: a model failed; what had arrived is stored.
        ToolError: the simulator is missing or broken.
    """
    from pytest_rtlgen.check.checker import Checker
    from pytest_rtlgen.evaluation.repair import RepairLoop
    from pytest_rtlgen.scoring.scorer import PublishedScorer, ScoringMode

    settings = make_check_settings(options, jobs=count_jobs(options))
    with Checker(settings) as checker, PublishedScorer(settings, ScoringMode(options.scoring)) as scorer:
        loop = RepairLoop(
            plan,
            store=store,
            checker=checker,
            scorer=scorer,
            progress=lambda what, done, total: show(f"{done}/{total} {what}"),
        )
        loop.run(problems)
    for key, error in loop.errors.items():
        say(f"{key.suite}/{key.problem_id} sample {key.index}: not judged: {error}")
