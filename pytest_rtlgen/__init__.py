"""Judge the Verilog that language models write. Public names are fetched on first use: importing costs nothing."""

import importlib

__version__ = "0.1.0"

_HOMES = {
    "evaluate": "pytest_rtlgen.evaluation.evaluate",
    "RunReport": "pytest_rtlgen.report.run_report",
    "Checker": "pytest_rtlgen.check.checker",
    "check_source": "pytest_rtlgen.check.single",
    "extract_candidate": "pytest_rtlgen.extract",
    "load_suite": "pytest_rtlgen.loaders",
    "estimate_pass_at_k": "pytest_rtlgen.metrics",
    "summarize": "pytest_rtlgen.metrics",
    "RtlgenError": "pytest_rtlgen.errors",
    "Status": "pytest_rtlgen.records",
    "Verdict": "pytest_rtlgen.records",
    "SignalVerdict": "pytest_rtlgen.records",
}

__all__ = ["__version__", *_HOMES]  # noqa: PLE0604  the keys are strings


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        msg = f"module 'pytest_rtlgen' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
