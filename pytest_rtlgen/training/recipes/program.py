"""The command line of a recipe: a configuration, a folder, and stages that are run in their order."""

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic

from pytest_rtlgen.errors import RtlgenError
from pytest_rtlgen.training.recipes.settings import S, find_configuration, read_settings

_LOG = logging.getLogger(__package__)
EXIT_ERROR = 2
EXIT_INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe(Generic[S]):
    """A program of several stages."""

    module: str
    """What ``python -m`` starts."""
    about: str | None
    kind: type[S]
    """What its configuration is read as."""
    shipped: Path
    """Folder of the configurations that go by their name."""
    stages: Mapping[str, Callable[[S], str]]
    """In order; each returns what it has to say."""


def run_recipe(recipe: Recipe[S], arguments: Sequence[str] | None) -> int:
    """Run the stages that were asked for, all of them by default; return the exit status."""
    args = _read_arguments(recipe, arguments)
    logging.basicConfig(stream=sys.stderr, format="%(message)s", level=logging.WARNING)
    _LOG.setLevel(logging.INFO)
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        path = find_configuration(args.config, recipe.shipped)
        settings = read_settings(recipe.kind, path, args.out.resolve())
        for stage in args.stage or recipe.stages:
            _run(stage, recipe.stages[stage], settings)
    except RtlgenError as error:
        _LOG.error("error: %s", error)
        return EXIT_ERROR
    except KeyboardInterrupt:
        _LOG.error("interrupted; what earlier stages left is in %s: name the others with --stage to go on", args.out)
        return EXIT_INTERRUPTED
    return 0


def _read_arguments(recipe: Recipe[S], arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"python -m {recipe.module}", description=recipe.about)
    parser.add_argument("--config", required=True, help="TOML file, or the name of one that is shipped, such as tiny")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--stage", choices=recipe.stages, action="append", help="only this stage; may be given again")
    return parser.parse_args(arguments)


def _run(name: str, stage: Callable[[S], str], settings: S) -> None:
    """Run one stage and note its result and the seconds it took, its children's too, in ``report.jsonl``."""
    wall_s, cpu_s = time.monotonic(), _count_cpu_s()
    result = stage(settings)
    wall_s, cpu_s = time.monotonic() - wall_s, _count_cpu_s() - cpu_s
    _LOG.info("%s (%.0f s): %s", name, wall_s, result)
    if os.environ.get("RANK", "0") != "0":  # one of several that accelerate started: the first notes it
        return
    note = {"stage": name, "wall_s": round(wall_s, 1), "cpu_s": round(cpu_s, 1), "result": result}
    with (settings.out / "report.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(note) + "\n")


def _count_cpu_s() -> float:
    """Return the CPU seconds of this process and of those that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
