"""A whole run and what is concluded from it."""

from dataclasses import dataclass

from pytest_rtlgen.modes import FormalMode, ScoringMode
from pytest_rtlgen.records.bench import BenchVerdict
from pytest_rtlgen.records.generation import Candidate, Completion, SampleKey, SamplingParams
from pytest_rtlgen.records.problem import Difficulty
from pytest_rtlgen.records.repair import RepairTurn
from pytest_rtlgen.records.verdict import Method, Status, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleResult:
    """One sample from answer to verdict."""

    completion: Completion
    candidate: Candidate
    verdict: Verdict
    bench_verdict: BenchVerdict | None = None
    """``None``: the benchmark brings no scorer, or it was not asked."""

    @property
    def key(self) -> SampleKey:
        """Which generation of which problem this is."""
        return self.completion.key

    @property
    def is_compiled(self) -> bool:
        """Whether the candidate got through a compiler; where only the benchmark judged, as it says."""
        bench = self.bench_verdict
        if bench is None or bench.is_syntax_right is None or self.verdict.method is not Method.TESTBENCH:
            return self.verdict.is_compiled
        return bench.is_syntax_right


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What a result depends on besides model and suite."""

    harness: str
    """Version of this package."""
    python: str
    platform: str
    tools: tuple[tuple[str, str], ...]
    """(program or library, version)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """What the user asked for; a run resumes only into the same settings."""

    model: str
    """As given to ``--rtlgen-model``."""
    suites: tuple[tuple[str, str], ...]
    """(name, digest) of each suite."""
    sampling: SamplingParams
    prompt: str
    """Prompt style."""
    simulator: str
    stimulus_seed: int = 0
    cycles: int | None = None
    """Clock cycles of one check; ``None``: what each problem says."""
    formal: FormalMode = FormalMode.OFF
    """``off`` also of runs of before there was another."""
    formal_budget_s: float = 0.0
    cross_check: str | None = None
    scoring: ScoringMode = ScoringMode.OURS
    """``ours`` also of runs of before there was another."""
    repair: str = ""
    """How often the model might fix an answer, such as ``compile:3,simulate:4``; empty: never."""
    reflector: str = ""
    """Model that told it what to change; empty: it was told what the check found."""
    is_testbench_shown: bool = False
    """Whether they were shown the benchmark's hidden testbench: such a run compares with no other."""
    base_url: str = ""
    """Address of the endpoint that answered; empty: the client's own, none, or a run of before it was recorded."""
    limit: int | None = None
    """Problems of each suite, from its first; ``None``: all."""
    selection: str = ""
    """What pytest selected problems by, such as ``-k fsm``; empty: nothing."""
    gates: tuple[str, ...] = ()
    """Gates that sampling stopped at once they were known, such as ``pass@1>=0.6``."""
    gate_error: float = 0.0
    """How likely each may be wrong; 0.0 without one."""
    others: tuple[tuple[str, str], ...] = ()
    """(option, value) of what else decides verdicts and was not as by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A saved run."""

    run_id: str
    started_at: str
    """ISO 8601, UTC."""
    settings: RunSettings
    environment: Environment
    samples: tuple[SampleResult, ...]
    """Sorted by key; of a sample that was repaired, its last answer."""
    repairs: tuple[RepairTurn, ...] = ()
    """Sorted by turn, then by key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean with its 95 % interval; as text it is ``0.612 [0.51, 0.71]``."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.2f}, {self.high:.2f}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemScore:
    """Counts for one problem."""

    suite: str
    problem_id: str
    category: str
    difficulty: Difficulty
    n: int
    """Samples checked."""
    compiled: int
    passed: int
    credit: float
    """Mean share of right outputs over the samples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRow:
    """pass@k of a group of problems."""

    label: str
    problems: int
    syntax: tuple[tuple[int, Estimate], ...]
    """(k, pass@k of "compiles")."""
    function: tuple[tuple[int, Estimate], ...]
    """(k, pass@k of "passes")."""
    credit: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the summary's table, in the terminal and in JSON."""

    field: str
    """The field of ``SummaryRow`` that it shows, and its key in JSON."""
    heading: str
    """With ``{k}`` where the field has one estimate for each k."""

    def read(self, row: SummaryRow) -> Estimate | tuple[tuple[int, Estimate], ...]:
        """Return what ``row`` has in this column."""
        value: Estimate | tuple[tuple[int, Estimate], ...] = getattr(row, self.field)
        return value


COLUMNS = (
    Column(field="syntax", heading="syntax@{k}"),
    Column(field="function", heading="pass@{k}"),
    Column(field="credit", heading="outputs right"),
)
"""Every figure of ``SummaryRow``, in the order of the table. ``metrics.py`` computes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRow:
    """What a run would amount to if it had ended after one turn of the repair loop."""

    turn: int
    """0: first answers; t: after at most t repairs a sample."""
    asked: int
    """Samples that were asked in this turn."""
    passed: int
    """Samples that are right after it."""
    function: tuple[tuple[int, Estimate], ...]
    """(k, pass@k of "passes")."""
    prompt_tokens: int
    """Of this turn alone, as are those below."""
    completion_tokens: int
    reflector_prompt_tokens: int = 0
    reflector_completion_tokens: int = 0
    cost_usd: float | None = None
    """``None`` without prices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a run amounts to."""

    total: SummaryRow
    by_category: tuple[SummaryRow, ...]
    by_difficulty: tuple[SummaryRow, ...]
    statuses: tuple[tuple[Status, int], ...]
    """Counts, most frequent first."""
    samples: int
    prompt_tokens: int
    completion_tokens: int
    generation_s: float
    """Sum of the completions' latencies."""
    check_s: float
    """Sum of the checks' durations."""
    problems: tuple[ProblemScore, ...]
    excluded: tuple[tuple[str, str], ...] = ()
    """(``suite/problem_id``, reason) of problems that the harness could not judge; no figure counts them."""
    without: tuple[SummaryRow, ...] = ()
    """The total again without the problems on the known-bad list: those whose text leaves the answer open, then all."""
    turns: tuple[TurnRow, ...] = ()
    """One a turn of the repair loop, first answers included; empty: answers were not repaired."""
    proved: int | None = None
    """Passes that are proved; ``None``: no proof was tried."""
    proved_share: Estimate | None = None
    """Of the passes; ``None``: no proof was tried."""

    @property
    def passed(self) -> int:
        """Samples that passed."""
        return dict(self.statuses).get(Status.PASSED, 0)
