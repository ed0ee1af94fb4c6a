"""The commands: what each is for, and what one types."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of the command line."""

    name: str
    help: str
    """One sentence for people."""
    module: str
    """Name in this package: ``add_arguments(parser)`` declares what it takes, ``run(args)`` returns the exit status."""
    examples: tuple[str, ...] = ()
    """What follows the name in commands that work; they end its help."""


COMMANDS: tuple[Command, ...] = (
    Command(
        name="check",
        module="check",
        help="Check the answers of a run, or a candidate against a reference, output by output.",
        examples=(
            "--reference golden.sv --candidate answer.sv",
            "--jsonl work.jsonl --out verdicts.jsonl --jobs 4",
            ".rtlgen/runs/20261130T062943Z-c251f2",
        ),
    ),
    Command(
        name="extract",
        module="extract",
        help="Print the Verilog in a model's answer, read from standard input.",
        examples=("--top counter < answer.md",),
    ),
    Command(
        name="selfcheck",
        module="selfcheck",
        help="Check a suite: each reference passes against itself, modules that do nothing fail.",
        examples=("core: --limit 5", "my_suite --mutants 20 --write"),
    ),
    Command(
        name="export-bench",
        module="export_bench",
        help="Write a self-checking testbench made from a reference alone.",
        examples=("--reference golden.sv --out bench",),
    ),
    Command(
        name="environment",
        module="environment",
        help="Write the training environment as a package that a hub of environments takes.",
        examples=("openenv_rtlgen --for openenv", "rtlgen --for verifiers"),
    ),
    Command(
        name="generate",
        module="generate",
        help="Ask a model for completions, and check nothing.",
        examples=(
            "--suite core: --model reference: --out runs",
            "--suite core: --model openai:NAME --base-url http://127.0.0.1:8000/v1 --n 20 --temperature 0.8",
        ),
    ),
    Command(
        name="rescore",
        module="rescore",
        help="Check the answers of a run again with other settings, into a new run, and list the changed verdicts.",
        examples=(".rtlgen/runs/20261130T062943Z-c251f2 --stimulus-seed 1",),
    ),
    Command(
        name="prompts",
        module="prompts",
        help="Write the prompts of a suite to files, and ask no model.",
        examples=("core: --limit 2", "core: --prompt completion --to prompts"),
    ),
    Command(
        name="report",
        module="report",
        help="Print the summary of a saved run.",
        examples=(".rtlgen/runs/20261130T062943Z-c251f2 --json",),
    ),
    Command(
        name="show",
        module="show",
        help="Show one sample of a saved run: prompt, answer, candidate, verdict and wave.",
        examples=(
            ".rtlgen/runs/20261130T062943Z-c251f2 core/fifo_sync_8x8",
            ".rtlgen/runs/20261130T062943Z-c251f2 fifo_sync_8x8 3 --vcd wave.vcd",
        ),
    ),
    Command(
        name="synth",
        module="synth",
        help="Synthesize the passes of a saved run to gates, and compare their area and depth with the references'.",
        examples=(".rtlgen/runs/20261130T062943Z-c251f2", ".rtlgen/runs/20261130T062943Z-c251f2 --json"),
    ),
    Command(
        name="compare",
        module="compare",
        help="Compare two saved runs: paired differences of pass@k, and the problems that changed.",
        examples=(
            ".rtlgen/runs/20261130T062943Z-c251f2 .rtlgen/runs/20261201T060011Z-77ab01",
            "step3000 step4000 --fail pass@1:-2%",
        ),
    ),
    Command(
        name="history",
        module="history",
        help="Print and plot pass@k of the finished runs in a folder, over time.",
        examples=("", ".rtlgen/runs --suite core --svg history.svg"),
    ),
    Command(
        name="best-of",
        module="best_of",
        help="Print the best of several saved runs (optimistic).",
        examples=("runs/at-0.2 runs/at-0.5 runs/at-0.8",),
    ),
    Command(
        name="curve",
        module="curve",
        help="Print pass@1 of a saved run against the response budget.",
        examples=(".rtlgen/runs/20261130T062943Z-c251f2 --budgets 1024,4096,16384",),
    ),
    Command(
        name="roundtrip",
        module="roundtrip",
        help="Make two training sets of designs: code, a description, code again; to distil and for RL.",
        examples=(
            "--corpus designs --model openai:NAME --out pairs --suite core:",
            "--corpus designs --model openai:NAME --out pairs --base-model vllm:SMALL --base-model vllm:LARGE",
        ),
    ),
    Command(
        name="preferences",
        module="preferences",
        help="Make preference pairs from a saved run, with the text that drives each differing output.",
        examples=(".rtlgen/runs/20261130T062943Z-c251f2 --out pairs.jsonl",),
    ),
    Command(
        name="suites",
        module="suites",
        help="List, explain, fetch and check published benchmarks.",
        examples=("explain rtllm-v2", "fetch verilog-eval-v2", "check core:"),
    ),
    Command(
        name="cache",
        module="cache",
        help="List or remove what is kept on disk for other runs: completions, reference work, verdicts.",
        examples=("list", "prune verdicts --older 30 --dry-run"),
    ),
    Command(
        name="serve",
        module="serve",
        help="Serve rewards over HTTP to trainers.",
        examples=("--suite core: --reward codev-r1",),
    ),
    Command(
        name="doctor",
        module="doctor",
        help="Report what this machine offers and what is missing.",
        examples=("--json",),
    ),
    Command(
        name="help",
        module="help_page",
        help="Print a page of the documentation, or list the pages.",
        examples=("", "connect-a-model"),
    ),
)
"""In the order of the help."""
