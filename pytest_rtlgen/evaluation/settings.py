"""From the user's options to each stage's settings: made here and nowhere else."""

import os
from collections.abc import Iterable, Sequence

from pytest_rtlgen.backends import BackendSettings
from pytest_rtlgen.check.checker import CheckSettings
from pytest_rtlgen.check.proof.prover import FormalMode
from pytest_rtlgen.config import Options
from pytest_rtlgen.prompts import PromptStyle
from pytest_rtlgen.prompts.read import read_style
from pytest_rtlgen.records import RunSettings, Suite
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import SandboxMode


def make_check_settings(options: Options, *, jobs: int | None = None) -> CheckSettings:
    """Return the checker's settings; ``jobs`` designs at once, by default as many as asked for, else one a core."""
    wall_s = options.check_timeout_s
    return CheckSettings(
        simulator=options.simulator,
        sandbox=SandboxMode(options.sandbox),
        limits=Limits(wall_s=wall_s, cpu_s=max(1, round(wall_s / 2))),
        jobs=jobs or options.jobs or os.cpu_count() or 1,
        stimulus_seed=options.stimulus_seed,
        cycles=options.cycles,
        formal=FormalMode(options.formal),
        formal_budget_s=options.formal_budget_s,
        cross_check=options.cross_check,
    )


def make_backend_settings(options: Options) -> BackendSettings:
    """Return what a backend needs besides a model's name."""
    return BackendSettings(
        base_url=options.base_url,
        timeout_s=options.timeout_s,
        concurrency=options.concurrency,
        lora=options.lora,
        engine=options.engine,
    )


def read_prompt_style(options: Options, suites: Iterable[Suite]) -> PromptStyle:
    """Return how problems are put to the model, with what that needs from files.

    Raises:
        UsageError: an unknown style, a file that cannot be used, or options that do not go together.
    """
    return read_style(options.prompt, shots=options.shots, has_rules=options.rules, suites=suites)


def make_run_settings(options: Options, suites: Sequence[Suite], style: PromptStyle) -> RunSettings:
    """Return what a run is resumed by."""
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
