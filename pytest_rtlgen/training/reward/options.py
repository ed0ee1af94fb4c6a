"""A reward from plain values, for trainers whose settings are text; one per process and set of values."""

import atexit
import dataclasses
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.modes import CheckDepth, FormalMode, SandboxMode
from pytest_rtlgen.training.reward.callable import REWARD_CHECK, Reward, RewardSettings
from pytest_rtlgen.training.reward.guards import Guards, OnMemorised
from pytest_rtlgen.training.reward.overlong import Overlong
from pytest_rtlgen.training.reward.presets import find_preset
from pytest_rtlgen.training.reward.steps import DEFAULT_SEEDS

_LOCK = threading.Lock()
_rewards: dict["RewardOptions", Reward] = {}
_DEFAULTS = Guards()


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardOptions:
    """What a reward is made of, spelled as a configuration file spells it."""

    suites: tuple[str, ...] = ()
    """As for ``--rtlgen-suite``; none: every row brings the text of its reference."""
    preset: str = "codev-r1"
    jobs: int | None = None
    """``None``: one a core."""
    max_parallel: int | None = None
    simulator: str = "icarus"
    sandbox: str = "auto"
    formal: str = "off"
    """With another word, what is not proved meets the second stimulus and the deep run, as in a run."""
    seeds: int = DEFAULT_SEEDS
    max_characters: int = _DEFAULTS.max_characters
    duplicate_factor: float = _DEFAULTS.duplicate_factor
    on_memorised: str = _DEFAULTS.on_memorised
    prefill: str = ""
    """What the chat template writes at the beginning of every answer, such as ``<think>``."""
    overlong_max_length: int | None = None
    """Tokens of the longest answer; ``None``: length costs nothing."""
    overlong_buffer: int | None = None
    """Last tokens of those, over which the penalty grows; goes with ``overlong_max_length``."""
    overlong_factor: float = 1.0
    tokenizer: str = ""
    """Counts for the overlong buffer where the trainer gives no lengths; a name or a folder."""


def read_reward_options(values: Mapping[str, Any]) -> RewardOptions:
    """Return the options that ``values`` spells; ``suites`` may be one text.

    Raises:
        UsageError: an unknown name.
    """
    known = [field.name for field in dataclasses.fields(RewardOptions)]
    for name in values:
        if name not in known:
            raise UsageError(f"reward: unknown option {name!r}; known are {', '.join(known)}")
    suites = values.get("suites", ())
    given = dict(values) | {"suites": (suites,) if isinstance(suites, str) else tuple(suites)}
    return RewardOptions(**given)


def make_reward(options: RewardOptions) -> Reward:
    """Return a reward of its own; close it after use.

    Raises:
        UsageError: a value that cannot be meant.
        SuiteError: a suite that cannot be loaded.
    """
    from pytest_rtlgen.loaders import load_suite

    problems = [problem for spec in options.suites for problem in load_suite(spec).problems]
    return Reward(problems=problems, settings=_make_settings(options))


def find_reward(options: RewardOptions) -> Reward:
    """Return the reward of this process for ``options``: made on first use, closed when the process ends.

    For trainers that call a plain function anew for every completion. Thread-safe.
    """
    with _LOCK:
        if options not in _rewards:
            _rewards[options] = make_reward(options)
            atexit.register(_rewards[options].close)
        return _rewards[options]


def _make_settings(options: RewardOptions) -> RewardSettings:
    try:
        formal = FormalMode(options.formal)
        check = replace(
            REWARD_CHECK,
            simulator=options.simulator,
            sandbox=SandboxMode(options.sandbox),
            jobs=options.jobs or REWARD_CHECK.jobs,
            formal=formal,
            depth=choose_depth(formal),
        )
        on_memorised = OnMemorised(options.on_memorised)
    except ValueError as error:
        raise UsageError(f"reward: {error}; see: rtlgen help rewards") from error
    guards = Guards(
        max_characters=options.max_characters,
        duplicate_factor=options.duplicate_factor,
        on_memorised=on_memorised,
    )
    preset = find_preset(options.preset)
    return RewardSettings(
        preset=preset,
        guards=guards,
        check=check,
        seeds=options.seeds,
        max_parallel=options.max_parallel,
        prefill=options.prefill,
        overlong=make_overlong(options),
    )


def make_overlong(options: RewardOptions) -> Overlong | None:
    """Return the overlong buffer that ``options`` spell; ``None``: there is none.

    Raises:
        UsageError: half of it is missing, or a value cannot be meant.
    """
    max_length, buffer = options.overlong_max_length, options.overlong_buffer
    if max_length is None and buffer is None:
        return None
    if max_length is None or buffer is None:
        missing = "overlong_max_length" if max_length is None else "overlong_buffer"
        raise UsageError(f"reward: the overlong buffer needs {missing} too; give both, in tokens, or neither")
    return Overlong(max_length=max_length, buffer=buffer, factor=options.overlong_factor, tokenizer=options.tokenizer)


def choose_depth(formal: FormalMode) -> CheckDepth:
    """Return how deep a reward checks whose users say no more than whether it proves."""
    return CheckDepth.VERDICT if formal is FormalMode.OFF else CheckDepth.FULL
