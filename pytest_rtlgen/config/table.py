"""The option table: what front ends declare and what the reference page shows."""

from collections.abc import Callable
from dataclasses import dataclass

from pytest_rtlgen.config.papers import PRESETS
from pytest_rtlgen.config.values import (
    read_base_url,
    read_choice,
    read_ks,
    read_real,
    read_repair,
    read_requirement,
    read_setting,
    read_shots,
    read_text,
    read_truth,
    read_whole,
)

SANDBOXES = ("required", "auto", "off")
FORMAL_MODES = ("off", "confirm", "first")
CROSS_SIMULATORS = ("yosys", "verilator")
SCORINGS = ("both", "ours", "published")
SIMULATORS = ("icarus", "icarus-cold", "yosys")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One row of the table."""

    name: str
    """As after ``--rtlgen-``."""
    help: str
    """One line for people."""
    parse: Callable[[str], object]
    """Text to value; raises ValueError with what is allowed."""
    default: object = None
    metavar: str = ""
    """Empty exactly for a flag."""
    bare: str | None = None
    """What the option means on the command line without a value; ``None``: it needs one."""
    choices: tuple[str, ...] = ()
    is_repeatable: bool = False
    unit: str = ""
    """Ends the name of the field."""
    is_echoed: bool = True
    """Whether messages may repeat the value."""
    decides_verdicts: bool = False
    """Whether verdicts depend on it, so that a run is resumed by it."""

    @property
    def is_flag(self) -> bool:
        """Whether the command line takes no value."""
        return not self.metavar

    @property
    def flag(self) -> str:
        """Spelling on the command line."""
        return f"--rtlgen-{self.name}"

    @property
    def key(self) -> str:
        """Spelling in ini files, and of the destination that argument parsers use."""
        return f"rtlgen_{self.name.replace('-', '_')}"

    @property
    def variable(self) -> str:
        """Spelling in the environment."""
        return self.key.upper()

    @property
    def field(self) -> str:
        """Name in ``Options``."""
        return self.name.replace("-", "_") + (f"_{self.unit}" if self.unit else "")


_read_seconds = read_real(lambda value: value > 0, "a number of seconds above 0")

OPTIONS: tuple[Option, ...] = (
    Option(
        name="model",
        metavar="MODEL",
        parse=read_text,
        help="model to judge: openai:NAME, vllm:MODEL, transformers:MODEL, local:, replay:PATH, command:PROGRAM or "
        "reference: (docs/how-to/connect-a-model.md); without it nothing happens",
    ),
    Option(
        name="base-url",
        metavar="URL",
        parse=read_base_url,
        is_echoed=False,
        help="address of an OpenAI-compatible endpoint, such as http://127.0.0.1:8000/v1",
    ),
    Option(
        name="lora",
        metavar="FOLDER",
        parse=read_text,
        help="LoRA adapter, as peft saves it, that a model of vllm: or transformers: answers with",
    ),
    Option(
        name="engine",
        metavar="KEY=VALUE",
        parse=read_setting,
        default=(),
        is_repeatable=True,
        help="setting of the engine that runs a model on this machine, such as dtype=bfloat16",
    ),
    Option(
        name="suite",
        metavar="SPEC",
        parse=read_text,
        default=(),
        is_repeatable=True,
        help="suite to run: folder, suite.toml, or verilog-eval-v2:PATH",
    ),
    Option(name="n", metavar="N", parse=read_whole(1), default=1, help="completions a problem"),
    Option(
        name="k",
        metavar="K,K",
        parse=read_ks,
        default=(1, 5, 10),
        help="k of pass@k; the default is limited to those that n allows, a k of yours above n is an error",
    ),
    Option(
        name="temperature",
        metavar="T",
        parse=read_real(lambda value: value >= 0, "a number, 0 or more"),
        help="sampling temperature; by default the server's own",
    ),
    Option(
        name="top-p",
        metavar="P",
        parse=read_real(lambda value: 0 < value <= 1, "a number above 0, at most 1"),
        help="nucleus sampling; by default the server's own",
    ),
    Option(
        name="max-tokens",
        metavar="N",
        parse=read_whole(1),
        help="most tokens of one completion; by default the server's own",
    ),
    Option(
        name="seed",
        metavar="SEED",
        parse=read_whole(0),
        default=0,
        help="seed of the run; each sample derives its own from it",
    ),
    Option(
        name="require",
        metavar="GATE",
        parse=read_requirement,
        default=(),
        is_repeatable=True,
        help="fail the run unless the gate holds: pass@K, syntax@K or credit, >= or >, 0 to 1, such as pass@1>=0.6",
    ),
    Option(
        name="report-only",
        parse=read_truth,
        default=False,
        help="report, but let no problem fail the test session",
    ),
    Option(name="out", metavar="FOLDER", parse=read_text, default=".rtlgen/runs", help="folder that runs are kept in"),
    Option(
        name="resume",
        metavar="auto|never|RUN",
        parse=read_text,
        default="auto",
        help="go on with the newest unfinished run of the same settings, never, or with the run in this folder",
    ),
    Option(
        name="sandbox",
        metavar="MODE",
        parse=read_choice(*SANDBOXES),
        choices=SANDBOXES,
        default="auto",
        help="isolate candidates: refuse to run without isolation, isolate where possible, or never",
    ),
    Option(
        name="simulator",
        metavar="NAME",
        parse=read_choice(*SIMULATORS),
        choices=SIMULATORS,
        default="icarus",
        decides_verdicts=True,
        help="what plays the designs",
    ),
    Option(name="jobs", metavar="N", parse=read_whole(1), help="simulators at once; by default one a core"),
    Option(name="concurrency", metavar="N", parse=read_whole(1), default=16, help="requests to the model at once"),
    Option(
        name="timeout",
        unit="s",
        metavar="SECONDS",
        parse=_read_seconds,
        default=600.0,
        help="most seconds for one request to the model",
    ),
    Option(
        name="cache",
        metavar="FOLDER",
        parse=read_text,
        help="folder that completions are kept in for other runs; by default pytest-rtlgen in the user's cache folder",
    ),
    Option(
        name="no-cache", parse=read_truth, default=False, help="ask the model even where it answered the same before"
    ),
    Option(
        name="max-cost",
        unit="usd",
        metavar="USD",
        parse=read_real(lambda value: value > 0, "a number of USD above 0"),
        help="ask no more once the run's completions cost this much at the prices of --rtlgen-prices",
    ),
    Option(
        name="max-tokens-total",
        metavar="N",
        parse=read_whole(1),
        help="ask no more once the run's prompts and completions took this many tokens",
    ),
    Option(
        name="prices",
        metavar="FILE",
        parse=read_text,
        help="TOML file with what each model costs: [MODEL], prompt and completion in USD for a million tokens",
    ),
    Option(
        name="check-timeout",
        unit="s",
        metavar="SECONDS",
        parse=_read_seconds,
        default=20.0,
        help="most seconds for the check of one candidate",
    ),
    Option(
        name="stimulus-seed",
        metavar="SEED",
        parse=read_whole(0),
        default=0,
        decides_verdicts=True,
        help="seed of the inputs that checks play",
    ),
    Option(
        name="cycles",
        metavar="N",
        parse=read_whole(1),
        decides_verdicts=True,
        help="clock cycles that one check plays; by default what the problem says",
    ),
    Option(
        name="formal",
        metavar="MODE",
        parse=read_choice(*FORMAL_MODES),
        choices=FORMAL_MODES,
        default="confirm",
        decides_verdicts=True,
        help="prove candidates equivalent: never, those that simulation passed, or first and simulate the unproved",
    ),
    Option(
        name="formal-budget",
        unit="s",
        metavar="SECONDS",
        parse=_read_seconds,
        default=2.0,
        decides_verdicts=True,
        help="CPU seconds that the solver may take for one candidate",
    ),
    Option(
        name="cross-check",
        metavar="NAME",
        parse=read_choice(*CROSS_SIMULATORS),
        choices=CROSS_SIMULATORS,
        decides_verdicts=True,
        help="play what passed in a second simulator, which can fail it and never pass it; by default in none",
    ),
    Option(
        name="scoring",
        metavar="WHOSE",
        parse=read_choice(*SCORINGS),
        choices=SCORINGS,
        default="both",
        decides_verdicts=True,
        help="judge by comparison with the reference, by the benchmark's own testbench where it has one, or by both",
    ),
    Option(
        name="repair",
        metavar="BUDGET",
        parse=read_repair,
        help="let the model mend its answers: how often each that does not compile, and each that does the wrong "
        "thing, such as compile:3,simulate:4",
    ),
    Option(
        name="reflector",
        metavar="MODEL",
        parse=read_text,
        help="model that reads what a check found and tells the first model what to change; by default that is told "
        "what was found",
    ),
    Option(
        name="show-testbench",
        parse=read_truth,
        default=False,
        help="show the benchmark's hidden testbench with what a check found; such a run is marked as one",
    ),
    Option(name="limit", metavar="N", parse=read_whole(1), help="run only the first N problems of each suite"),
    Option(
        name="prompt",
        metavar="STYLE|FILE",
        parse=read_text,
        default="chat",
        help="prompt style (docs/reference/prompts.md), or a template with {description}, {header} and {top}",
    ),
    Option(
        name="shots",
        metavar="N",
        parse=read_shots,
        default=0,
        help="examples before each question, 0 to 4, read from the VerilogEval v2 checkout that the suite is in",
    ),
    Option(name="rules", parse=read_truth, default=False, help="add VerilogEval v2's coding rules to each question"),
    Option(
        name="prompt-only",
        metavar="FOLDER",
        bare=".rtlgen/prompts",
        parse=read_text,
        help="write every prompt to this folder (.rtlgen/prompts unless named), a file a suite, ask no model and stop",
    ),
    Option(
        name="preset",
        metavar="NAME",
        parse=read_choice(*PRESETS),
        choices=PRESETS,
        help="sample and ask as a published result did; every option that is given anywhere wins over the preset",
    ),
)
