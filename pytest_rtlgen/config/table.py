"""The option table: a new option is one field here, and front ends, files and the reference page have it."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_rtlgen.config.option import Group, Option, declare, read_row
from pytest_rtlgen.config.values import (
    read_base_url,
    read_choice,
    read_drop,
    read_gate,
    read_ks,
    read_member,
    read_name,
    read_path,
    read_real,
    read_repair,
    read_requirement,
    read_setting,
    read_shots,
    read_text,
    read_truth,
    read_whole,
)
from pytest_rtlgen.modes import FormalMode, SandboxMode, ScoringMode

if TYPE_CHECKING:  # the option table loads in every pytest session
    from pytest_rtlgen.config.parsed import DropLimit, RepairBudget, Requirement
    from pytest_rtlgen.records import SamplingParams

CROSS_SIMULATORS = ("yosys", "verilator")
PRESETS = ("codev-r1", "codev-r1-distill", "salv", "verilogeval-v2-low", "verilogeval-v2-high", "rtllm", "spec2rtl")
"""Names, in the order of ``papers.toml``, which is read only when one is used."""
SIMULATORS = ("icarus", "icarus-cold", "yosys")

_MOST_ERROR = 0.5
_read_seconds = read_real(lambda value: value > 0, "a number of seconds above 0")


class Options(NamedTuple):
    """What the user asked for, checked and typed; one field an option, units at the end of the name.

    Made by ``resolve_options``, of every field: what stands here as a default is the option's row of the table.
    """

    model: str | None = declare(
        group=Group.GENERATION,
        metavar="MODEL",
        parse=read_text,
        help="model to judge: openai:NAME, vllm:MODEL, transformers:MODEL, local:, replay:PATH, command:PROGRAM or "
        "reference: (rtlgen help connect-a-model); without it nothing happens",
    )
    """``None``: nothing is generated or checked."""
    base_url: str | None = declare(
        group=Group.GENERATION,
        metavar="URL",
        parse=read_base_url,
        is_echoed=False,
        help="address of an OpenAI-compatible endpoint, such as http://127.0.0.1:8000/v1",
    )
    lora: str | None = declare(
        group=Group.GENERATION,
        metavar="FOLDER",
        parse=read_text,
        help="LoRA adapter, as peft saves it, that a model of vllm: or transformers: answers with",
    )
    engine: tuple[tuple[str, str], ...] = declare(
        group=Group.GENERATION,
        metavar="KEY=VALUE",
        parse=read_setting,
        default=(),
        is_repeatable=True,
        help="setting of the engine that runs a model on this machine, such as dtype=bfloat16",
    )
    """(key, value) of each engine setting, in the order given."""
    suite: tuple[str, ...] = declare(
        group=Group.RUN,
        metavar="SPEC",
        parse=read_text,
        default=(),
        is_repeatable=True,
        help="suite to run: core:, a folder with a suite.toml, or FORMAT:PATH such as verilog-eval-v2:PATH",
    )
    n: int = declare(
        group=Group.GENERATION,
        metavar="N",
        parse=read_whole(1),
        default=1,
        help="completions a problem",
    )
    k: tuple[int, ...] = declare(
        group=Group.RUN,
        metavar="K,K",
        parse=read_ks,
        default=(1, 5, 10),
        help="k of pass@k; the default is limited to those that n allows, a k of yours above n is an error",
    )
    """Rising; every one at most ``n``; holds each ``k`` of ``require``, ``gate`` and ``compare_fail``."""
    temperature: float | None = declare(
        group=Group.GENERATION,
        metavar="T",
        parse=read_real(lambda value: value >= 0, "a number, 0 or more"),
        help="sampling temperature; by default the server's own",
    )
    top_p: float | None = declare(
        group=Group.GENERATION,
        metavar="P",
        parse=read_real(lambda value: 0 < value <= 1, "a number above 0, at most 1"),
        help="nucleus sampling; by default the server's own",
    )
    max_tokens: int | None = declare(
        group=Group.GENERATION,
        metavar="N",
        parse=read_whole(1),
        help="most tokens of one completion; by default the server's own",
    )
    seed: int = declare(
        group=Group.GENERATION,
        metavar="SEED",
        parse=read_whole(0),
        default=0,
        help="seed of the run; each sample derives its own from it",
    )
    require: "tuple[Requirement, ...]" = declare(
        group=Group.RUN,
        metavar="GATE",
        parse=read_requirement,
        default=(),
        is_repeatable=True,
        help="fail the run unless the gate holds: pass@K, syntax@K, credit or proved, .low for the low end of its "
        "interval, >= or >, 0 to 1, such as pass@1>=0.6 or pass@1.low>=0.6",
    )
    gate: "tuple[Requirement, ...]" = declare(
        group=Group.RUN,
        metavar="GATE",
        parse=read_gate,
        default=(),
        is_repeatable=True,
        help="ask for one sample of each problem at a time, n at most, until it is known whether the gate holds, and "
        "fail the run unless it does: pass@1, syntax@1 or credit, >= or >, 0 to 1, such as pass@1>=0.6",
    )
    gate_error: float = declare(
        group=Group.RUN,
        metavar="P",
        parse=read_real(lambda value: 0 < value <= _MOST_ERROR, "a number above 0, at most 0.5"),
        default=0.05,
        help="how likely --rtlgen-gate may be wrong: met where the model is below it, or not met where it is not",
    )
    compare: str | None = declare(
        group=Group.RUN,
        metavar="RUN",
        parse=read_text,
        help="compare with an earlier run over the problems that both have: its folder, or its name of --rtlgen-save",
    )
    """A folder, or a name below ``out``."""
    compare_fail: "tuple[DropLimit, ...]" = declare(
        group=Group.RUN,
        metavar="LIMIT",
        parse=read_drop,
        default=(),
        is_repeatable=True,
        help="fail the run if pass@K falls further below the other run's: percentage points, such as pass@1:-2%, or "
        "pass@1.low:-5% for the low end of the change's interval",
    )
    unlike: bool = declare(
        group=Group.RUN,
        parse=read_truth,
        default=False,
        help="compare runs also where more than the model differs: dataset, prompt, sampling, checker",
    )
    save: str | None = declare(
        group=Group.RUN,
        metavar="NAME",
        parse=read_name,
        help="name of the run and of its folder; by default its start",
    )
    report_only: bool = declare(
        group=Group.RUN,
        parse=read_truth,
        default=False,
        help="report, but let no problem fail the test session",
    )
    out: Path = declare(
        group=Group.RUN,
        metavar="FOLDER",
        parse=read_path,
        default=Path(".rtlgen/runs"),
        help="folder that runs are kept in",
    )
    resume: str = declare(
        group=Group.RUN,
        metavar="auto|never|RUN",
        parse=read_text,
        default="auto",
        help="go on with the newest unfinished run of the same settings, never, or with the run in this folder",
    )
    """``auto``, ``never``, or the folder of a run."""
    sandbox: SandboxMode = declare(
        group=Group.CHECK,
        metavar="MODE",
        parse=read_member(SandboxMode),
        choices=tuple(SandboxMode),
        default=SandboxMode.AUTO,
        help="isolate candidates: refuse to run without isolation, isolate where possible, or never",
    )
    simulator: str = declare(
        group=Group.CHECK,
        metavar="NAME",
        parse=read_choice(*SIMULATORS),
        choices=SIMULATORS,
        default="icarus",
        decides_verdicts=True,
        help="simulator of the designs",
    )
    jobs: int | None = declare(
        group=Group.RUN,
        metavar="N",
        parse=read_whole(1),
        help="simulators at once; by default one a core, with ray one a core of the cluster",
    )
    """``None``: one a core."""
    executor: str = declare(
        group=Group.RUN,
        metavar="NAME",
        parse=read_text,
        default="local",
        help="where answers are checked: local, in this process, or ray, on the cores of a Ray cluster",
    )
    """A name of ours or of a plugin."""
    late_budget_s: float | None = declare(
        group=Group.RUN,
        metavar="SECONDS",
        parse=_read_seconds,
        unit="s",
        help="seconds for all late proofs of a run together; by default a fifth of what the checks took",
    )
    """``None``: a fifth of what the checks took."""
    concurrency: int = declare(
        group=Group.GENERATION,
        metavar="N",
        parse=read_whole(1),
        default=16,
        help="requests to the model at once",
    )
    timeout_s: float = declare(
        group=Group.GENERATION,
        metavar="SECONDS",
        parse=_read_seconds,
        default=600.0,
        unit="s",
        help="most seconds for one request to the model",
    )
    cache: Path | None = declare(
        group=Group.SPENDING,
        metavar="FOLDER",
        parse=read_path,
        help="folder that completions are kept in for other runs; by default pytest-rtlgen in the user's cache folder",
    )
    """``None``: in the user's cache folder."""
    max_cost_usd: float | None = declare(
        group=Group.SPENDING,
        metavar="USD",
        parse=read_real(lambda value: value > 0, "a number of USD above 0"),
        unit="usd",
        help="ask no more once the run's completions cost this much at the prices of --rtlgen-prices",
    )
    max_tokens_total: int | None = declare(
        group=Group.SPENDING,
        metavar="N",
        parse=read_whole(1),
        help="ask no more once the run's prompts and completions took this many tokens",
    )
    prices: Path | None = declare(
        group=Group.SPENDING,
        metavar="FILE",
        parse=read_path,
        help="TOML file with what each model costs: [MODEL], prompt and completion in USD for a million tokens",
    )
    check_timeout_s: float = declare(
        group=Group.CHECK,
        metavar="SECONDS",
        parse=_read_seconds,
        default=20.0,
        unit="s",
        help="most seconds for the check of one candidate",
    )
    stimulus_seed: int = declare(
        group=Group.CHECK,
        metavar="SEED",
        parse=read_whole(0),
        default=0,
        decides_verdicts=True,
        help="seed of the stimulus of every check",
    )
    cycles: int | None = declare(
        group=Group.CHECK,
        metavar="N",
        parse=read_whole(1),
        decides_verdicts=True,
        help="clock cycles that one check simulates; by default what the problem says",
    )
    formal: FormalMode = declare(
        group=Group.CHECK,
        metavar="MODE",
        parse=read_member(FormalMode),
        choices=tuple(FormalMode),
        default=FormalMode.LATE,
        decides_verdicts=True,
        help="prove candidates equivalent: never; those that simulation passed, what is hard when all are checked, or "
        "at once; or first, and simulate the unproved",
    )
    formal_budget_s: float = declare(
        group=Group.CHECK,
        metavar="SECONDS",
        parse=_read_seconds,
        default=2.0,
        unit="s",
        decides_verdicts=True,
        help="CPU seconds that the solver may take for one candidate",
    )
    cross_check: str | None = declare(
        group=Group.CHECK,
        metavar="NAME",
        parse=read_choice(*CROSS_SIMULATORS),
        choices=CROSS_SIMULATORS,
        decides_verdicts=True,
        help="simulate what passed in a second simulator, which can fail it and never pass it; by default in none",
    )
    no_cache: bool = declare(
        group=Group.CHECK,
        parse=read_truth,
        default=False,
        help="keep nothing in the cache folder and take nothing from there: answers, reference work, verdicts",
    )
    scoring: ScoringMode = declare(
        group=Group.RUN,
        metavar="WHOSE",
        parse=read_member(ScoringMode),
        choices=tuple(ScoringMode),
        default=ScoringMode.BOTH,
        decides_verdicts=True,
        help="judge by comparison with the reference, by the benchmark's own testbench where it has one, or by both",
    )
    repair: "RepairBudget | None" = declare(
        group=Group.REPAIR,
        metavar="BUDGET",
        parse=read_repair,
        help="let the model repair its answers: how often each that does not compile, and each that does the wrong "
        "thing, such as compile:3,simulate:4; with fresh:3 it begins anew after 3 repairs that failed",
    )
    """``None``: answers stay as they are first given."""
    reflector: str | None = declare(
        group=Group.REPAIR,
        metavar="MODEL",
        parse=read_text,
        help="model that reads what a check found and tells the first model what to change; by default that is told "
        "what was found",
    )
    show_testbench: bool = declare(
        group=Group.REPAIR,
        parse=read_truth,
        default=False,
        help="show the benchmark's hidden testbench with what a check found; such a run is marked as one",
    )
    limit: int | None = declare(
        group=Group.RUN,
        metavar="N",
        parse=read_whole(1),
        help="run only the first N problems of each suite",
    )
    prompt: str = declare(
        group=Group.PROMPT,
        metavar="STYLE|FILE",
        parse=read_text,
        default="chat",
        help="prompt style (rtlgen help prompts), or a template with {description}, {header} and {top}",
    )
    """A style's name or a template's path."""
    shots: int = declare(
        group=Group.PROMPT,
        metavar="N",
        parse=read_shots,
        default=0,
        help="examples before each question, 0 to 4, read from the VerilogEval v2 checkout that the suite is in",
    )
    rules: bool = declare(
        group=Group.PROMPT,
        parse=read_truth,
        default=False,
        help="add VerilogEval v2's coding rules to each question",
    )
    prompt_only: Path | None = declare(
        group=Group.RUN,
        metavar="FOLDER",
        bare=".rtlgen/prompts",
        parse=read_path,
        help="write every prompt to this folder (.rtlgen/prompts unless named), a file a suite, ask no model and stop",
    )
    """Folder that prompts are written to instead of a run; ``None``: a run."""
    html: Path | None = declare(
        group=Group.RUN,
        metavar="FILE",
        parse=read_path,
        help="write the results to this file as one HTML page: charts, every sample, waveforms (rtlgen help "
        "read-the-report)",
    )
    """``None``: no page is written."""
    synth: bool = declare(
        group=Group.RUN,
        parse=read_truth,
        default=False,
        help="synthesize what passes, beside its reference: area, depth, latches (rtlgen synth does it later)",
    )
    hide_references: bool = declare(
        group=Group.RUN,
        parse=read_truth,
        default=False,
        help="leave the texts of references out of the HTML page",
    )
    preset: str | None = declare(
        group=Group.PROMPT,
        metavar="NAME",
        parse=read_choice(*PRESETS),
        choices=PRESETS,
        help="sample and ask as a published result did; every option that is given anywhere wins over the preset",
    )

    @property
    def model_label(self) -> str:
        """The model with what changes its answers on this machine: a run is resumed by it."""
        adapter = (f"lora={self.lora}",) if self.lora else ()
        return " ".join((self.model or "", *adapter, *(f"{key}={value}" for key, value in self.engine)))

    @property
    def reuses_verdicts(self) -> bool:
        """Whether a finished run of the same settings may lend its verdicts."""
        return self.resume == "auto"

    @property
    def judges_items(self) -> bool:
        """Whether, under pytest, the item of a problem without a passing sample fails."""
        return not (self.report_only or self.require or self.gate or self.compare_fail)

    @property
    def sampling(self) -> "SamplingParams":
        """How the model is asked to sample."""
        from pytest_rtlgen.records import SamplingParams

        return SamplingParams(
            n=self.n, temperature=self.temperature, top_p=self.top_p, max_tokens=self.max_tokens, seed=self.seed
        )


OPTIONS: tuple[Option, ...] = tuple(read_row(*row) for row in Options._field_defaults.items())
