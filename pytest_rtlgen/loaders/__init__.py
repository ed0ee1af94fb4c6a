"""Benchmark files to suites; one file a benchmark."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.loaders.base import Loader
from pytest_rtlgen.loaders.cvdp import load_cvdp
from pytest_rtlgen.loaders.fetched import complete_spec
from pytest_rtlgen.loaders.known_openings import open_suite
from pytest_rtlgen.loaders.references import load_references
from pytest_rtlgen.loaders.rtllm import V1_1, V2, V2_1, load_rtllm
from pytest_rtlgen.loaders.suite_folder import load_suite_folder
from pytest_rtlgen.loaders.verilog_eval_v1 import load_verilog_eval_v1
from pytest_rtlgen.loaders.verilog_eval_v2 import CODE_COMPLETE, load_verilog_eval_v2
from pytest_rtlgen.package_data import CORE
from pytest_rtlgen.records import Suite
from pytest_rtlgen.spelling import suggest
from pytest_rtlgen.tools.hooks import call_first

LOADERS: Mapping[str, Loader] = {
    "cvdp": load_cvdp,
    "references": load_references,
    "rtllm-v1.1": partial(load_rtllm, version=V1_1),
    "rtllm-v2": partial(load_rtllm, version=V2),
    "rtllm-v2.1": partial(load_rtllm, version=V2_1),
    "verilog-eval-v1-human": partial(load_verilog_eval_v1, name="Human"),
    "verilog-eval-v1-machine": partial(load_verilog_eval_v1, name="Machine"),
    "verilog-eval-v2": load_verilog_eval_v2,
    "verilog-eval-v2-complete": partial(load_verilog_eval_v2, half=CODE_COMPLETE),
}
"""Loader of each foreign format, by the prefix that names it in ``PREFIX:PATH``."""

__all__ = ["LOADERS", "Loader", "complete_spec", "load_suite", "load_suite_folder", "load_verilog_eval_v2"]


def load_suite(spec: str) -> Suite:
    """Return the suite that ``spec`` names: a folder or ``suite.toml`` in our own format, or ``PREFIX:PATH``.

    ``PREFIX:`` alone is what ``suites fetch PREFIX`` fetched, and ``core:`` the suite that comes with the package.
    Anything else is offered to other packages (``pytest_rtlgen_load_suite``).

    >>> load_suite("core:").problems[0].problem_id
    'abs_diff_accum_8'

    Raises:
        SuiteError: nothing is there, or something in it is wrong; the message starts with the path at fault.
    """
    spec = complete_spec(spec)
    prefix, colon, path = spec.partition(":")
    if colon and prefix in LOADERS:
        if not path:  # the current folder, which nobody means
            raise SuiteError(f"{spec}: names no file; write {prefix}:FILE")
        return replace(open_suite(LOADERS[prefix](Path(path))), path=spec)
    given: Suite | None = call_first("load_suite", spec=spec) if not _is_suite_folder(Path(spec)) else None
    if given is not None:
        return given
    if not Path(spec).exists():
        _refuse_form(spec)
    return replace(load_suite_folder(Path(spec)), path=spec)


def _refuse_form(spec: str) -> None:
    """Raise ``SuiteError`` for a word or a prefix that is similar to one that would do, and for an unknown prefix."""
    prefix, colon, _ = spec.partition(":")
    hint = suggest(prefix, [CORE, *LOADERS], ":") if "/" not in prefix else ""
    if colon:
        known = ", ".join([f"{CORE}:", *(f"{name}:PATH" for name in LOADERS)])
        raise SuiteError(f"{spec}: neither a path nor a known format{hint}; known are {known}")
    if hint:
        raise SuiteError(f"{spec}: no such file or folder{hint}")


def _is_suite_folder(path: Path) -> bool:
    return path.name == "suite.toml" or (path / "suite.toml").is_file()
