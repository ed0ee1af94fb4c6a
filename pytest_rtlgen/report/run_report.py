"""What a run came to, with everything that people read of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.records import ProblemKey, Run, Summary
from pytest_rtlgen.report.comparison import Comparison
from pytest_rtlgen.report.comparison_text import render_comparison
from pytest_rtlgen.report.console import find_max_columns
from pytest_rtlgen.report.exports import render_csv, render_markdown
from pytest_rtlgen.report.gate import AnyGate
from pytest_rtlgen.report.json_report import render_run_json
from pytest_rtlgen.report.side_by_side import SuiteSides
from pytest_rtlgen.report.sides_text import render_sides
from pytest_rtlgen.report.spending import Spending
from pytest_rtlgen.report.synthesis_text import render_synthesis
from pytest_rtlgen.report.terminal import render_summary
from pytest_rtlgen.report.turns_text import render_turns
from pytest_rtlgen.synthesis.rows import SynthesisRow
from pytest_rtlgen.tools.hooks import call_hook


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """What is still missing in a run."""

    short: int = 0
    """Problems with fewer checked samples than asked for."""
    unanswered: int = 0
    """Problems with none."""
    unrepaired: int = 0
    """Samples with a repair to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What a run came to: the same under pytest, on the command line and from ``evaluate``.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as out:
    ...     report = evaluate("suites/core", "reference:", limit=1, formal="off", out=out, require=["pass@1>=0.9"])
    >>> report.summary.samples, report.gaps.unanswered, report.is_good
    (1, 0, True)
    """

    path: Path
    """The run's folder."""
    run: Run
    """Its results, of the problems that ``summary`` is of and of others."""
    summary: Summary
    spending: Spending
    sides: tuple[SuiteSides, ...]
    """Our verdict beside the benchmark's own, a suite each, where a benchmark brings its own."""
    papers: tuple[str, ...]
    """Our figures beside a paper's, a table each."""
    synthesis: tuple[SynthesisRow, ...] = ()
    """What passes beside its reference, as gates, a problem each; nothing where it was not synthesized."""
    comparison: Comparison | None = None
    """The run beside the one that it is compared with; ``None``: it is compared with none."""
    gates: tuple[AnyGate, ...]
    """What was required of the figures, then of the comparison."""
    gaps: Gaps
    not_judged: Mapping[ProblemKey, str]
    """Problems on which the harness failed, with its error; no figure counts them."""
    page: Path | None = None
    """Where its HTML page is to be; ``None``: none was asked for."""

    @property
    def is_complete(self) -> bool:
        """Whether every sample of every problem was judged."""
        return not self.not_judged and self.gaps == Gaps()

    @property
    def has_open_gate(self) -> bool:
        """Whether a gate that ended the sampling is not known any more, as a later look changed verdicts."""
        return bool(self.run.settings.gates) and self.gaps.short > 0

    @property
    def is_good(self) -> bool:
        """Whether every gate is met."""
        return all(gate.is_met for gate in self.gates)

    @property
    def title(self) -> str:
        """The model and the number of samples."""
        return f"{self.run.settings.model}  n={self.samples_text}"

    @property
    def samples_text(self) -> str:
        """How many samples of each problem there are; of a run that a gate ended, of how many that were to be."""
        most = self.run.settings.sampling.n
        least = min((score.n for score in self.summary.problems), default=0)
        return f"{least} of {most}" if self.run.settings.gates and least < most else str(most)

    def __str__(self) -> str:
        return "\n\n".join(self.list_tables())

    def list_tables(self) -> Iterator[str]:
        """Yield the tables that people read, in their order."""
        settings = self.run.settings
        yield render_summary(
            self.summary, title=self.title, run_path=str(self.path), spending=self.spending, width=find_max_columns()
        )
        turns = render_turns(settings, self.summary.turns)
        if turns:
            yield turns
        if self.sides:
            yield render_sides(self.sides)
        if self.synthesis:
            yield render_synthesis(self.synthesis)
        yield from self.papers
        if self.comparison is not None:
            yield render_comparison(self.comparison)
        yield from call_hook("report_section", report=self)

    def list_notes(self) -> Iterator[str]:
        """Yield what is missing, a line each; what was required is in ``gates``."""
        gaps = self.gaps
        if gaps.short or gaps.unanswered:
            n = self.run.settings.sampling.n
            counts = f"{gaps.short} problems have fewer than {n} samples, {gaps.unanswered} have none"
            yield f"{self.path}: incomplete: {counts}"
        if gaps.unrepaired:
            yield f"{self.path}: incomplete: {gaps.unrepaired} samples still have a repair to come; go on with the run"

    def to_csv(self) -> str:
        """Return every figure with its interval, a line each."""
        return render_csv(self.summary)

    def to_markdown(self) -> str:
        """Return the table and the gates for a page or a job's summary."""
        return render_markdown(self.summary, self.title, self.gates)

    def to_json(self) -> str:
        """Return the run and its summary as one indented JSON document."""
        return render_run_json(
            self.run,
            self.summary,
            self.sides,
            spending=self.spending,
            gates=self.gates,
            comparison=self.comparison,
        )
