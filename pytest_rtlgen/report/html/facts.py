"""What the page says about the run as a whole, besides its figures."""

from pytest_rtlgen.records import RunSettings
from pytest_rtlgen.report.run_report import RunReport
from pytest_rtlgen.report.sides_text import render_sides
from pytest_rtlgen.report.synthesis_text import sum_up
from pytest_rtlgen.version import __version__


def describe_run(report: RunReport) -> dict[str, object]:
    """Return its title, settings, what is missing in it, its gates, and tables that are text."""
    run, spending = report.run, report.spending
    settings, environment = run.settings, run.environment
    tokens = f"{spending.prompt_tokens:,} prompt, {spending.completion_tokens:,} completion"
    gates = {str(gate): gate.is_met for gate in report.gates}
    facts = {
        "model": settings.model,
        "suites": ", ".join(name for name, _ in settings.suites),
        "samples a problem": report.samples_text,
        "temperature": _show(settings.sampling.temperature),
        "top-p": _show(settings.sampling.top_p),
        "most tokens": _show(settings.sampling.max_tokens),
        "prompt style": settings.prompt,
        "simulator": dict(environment.tools).get("simulator", settings.simulator),
        "proofs": str(settings.formal),
        "proved": "" if report.summary.proved is None else f"{report.summary.proved} of {report.summary.passed} passes",
        "as gates": sum_up(report.synthesis) if report.synthesis else "",
        "scoring": str(settings.scoring),
        "repair": settings.repair,
        "selection": settings.selection,
        "tokens": tokens,
        "cost": "" if spending.cost_usd is None else f"${spending.cost_usd:,.4f}",
        "started": run.started_at,
        "run": str(report.path),
        "written by": f"pytest-rtlgen {__version__}",
    }
    return {
        "title": describe_title(settings),
        "facts": [[name, value] for name, value in facts.items() if value],
        "notes": [note for note in report.list_notes() if note not in gates],
        "gates": [[text, is_met] for text, is_met in gates.items()],
        "tables": [*([render_sides(report.sides)] if report.sides else []), *report.papers],
    }


def describe_title(settings: RunSettings) -> str:
    """Return which model answered which suites."""
    return f"{settings.model} on {', '.join(name for name, _ in settings.suites)}"


def _show(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
