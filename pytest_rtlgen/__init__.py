"""Judge the Verilog that language models write. Public names are fetched on first use: importing costs nothing."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_rtlgen.check.checker import Checker, CheckSettings
    from pytest_rtlgen.check.single import check_source
    from pytest_rtlgen.errors import RtlgenError
    from pytest_rtlgen.evaluation.evaluate import evaluate
    from pytest_rtlgen.extract import extract_candidate
    from pytest_rtlgen.loaders import load_suite
    from pytest_rtlgen.metrics import estimate_pass_at_k, summarize
    from pytest_rtlgen.modes import FormalMode, SandboxMode
    from pytest_rtlgen.plugin.fixtures.check import CheckFixture
    from pytest_rtlgen.plugin.fixtures.model import ModelFixture
    from pytest_rtlgen.plugin.fixtures.suites import SuiteFixture
    from pytest_rtlgen.records import Candidate, Method, Problem, SignalVerdict, SourceFile, Status, Verdict
    from pytest_rtlgen.report.run_report import RunReport
    from pytest_rtlgen.training.reward.callable import Reward
    from pytest_rtlgen.version import __version__

__all__ = [
    "Candidate",
    "CheckFixture",
    "CheckSettings",
    "Checker",
    "FormalMode",
    "Method",
    "ModelFixture",
    "Problem",
    "Reward",
    "RtlgenError",
    "RunReport",
    "SandboxMode",
    "SignalVerdict",
    "SourceFile",
    "Status",
    "SuiteFixture",
    "Verdict",
    "__version__",
    "check_source",
    "estimate_pass_at_k",
    "evaluate",
    "extract_candidate",
    "load_suite",
    "summarize",
]

if not TYPE_CHECKING:  # a type checker sees the imports above, and that other names do not exist
    _HOMES = {
        "Candidate": "pytest_rtlgen.records",
        "RunReport": "pytest_rtlgen.report.run_report",
        "evaluate": "pytest_rtlgen.evaluation.evaluate",
        "CheckFixture": "pytest_rtlgen.plugin.fixtures.check",
        "CheckSettings": "pytest_rtlgen.check.checker",
        "Checker": "pytest_rtlgen.check.checker",
        "FormalMode": "pytest_rtlgen.modes",
        "Method": "pytest_rtlgen.records",
        "ModelFixture": "pytest_rtlgen.plugin.fixtures.model",
        "Problem": "pytest_rtlgen.records",
        "SandboxMode": "pytest_rtlgen.modes",
        "Reward": "pytest_rtlgen.training.reward.callable",
        "RtlgenError": "pytest_rtlgen.errors",
        "SignalVerdict": "pytest_rtlgen.records",
        "SourceFile": "pytest_rtlgen.records",
        "Status": "pytest_rtlgen.records",
        "SuiteFixture": "pytest_rtlgen.plugin.fixtures.suites",
        "Verdict": "pytest_rtlgen.records",
        "__version__": "pytest_rtlgen.version",
        "check_source": "pytest_rtlgen.check.single",
        "estimate_pass_at_k": "pytest_rtlgen.metrics",
        "extract_candidate": "pytest_rtlgen.extract",
        "load_suite": "pytest_rtlgen.loaders",
        "summarize": "pytest_rtlgen.metrics",
    }

    def __getattr__(name: str) -> object:
        home = _HOMES.get(name)
        if home is None:
            msg = f"module 'pytest_rtlgen' has no attribute {name!r}"
            raise AttributeError(msg)
        return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
