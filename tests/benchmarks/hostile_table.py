"""Run every hostile candidate through our checker and through text matching as others publish it, and count.

``python tests/benchmarks/hostile_table.py [--modes off first reward]``; real programs run, in the sandbox, for many
minutes. With ``--modes`` our checker alone judges them, once in each of these modes of proof. The benches for
the text-matching rules are made here from each reference's interface; the rules and the output formats are those
of VerilogEval v2 (``sv-iv-analyze``), RTLLM (``auto_run.py``, Icarus instead of VCS) and QiMeng-SALV (``sim.py``).
"""

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.hostile_cases import (
    OURS,
    SECRET,
    SHARED,
    SHARED_2,
    HostileCase,
    is_untouched,
    judge,
    lay_canary,
    load_cases,
)
from tabulate import tabulate

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.modes import FormalMode, SandboxMode
from pytest_rtlgen.records import Interface, Polarity, SourceFile, Status
from pytest_rtlgen.tools.process import Limits, run_program
from pytest_rtlgen.tools.sandbox import SCRATCH, Sandbox, choose_sandbox
from pytest_rtlgen.training import REWARD_CHECK
from pytest_rtlgen.verilog.interface import read_interface

LIMITS = Limits(cpu_s=3, wall_s=6)
OFTEN: Any = {"limits": Limits(cpu_s=3, wall_s=10), "jobs": 2, "no_cache": True}
REWARD = "reward"
LONGEST_S = 40.0
"""A verdict that takes longer counts as hung: each stage of a check has a limit far below it."""
ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TMPDIR": SCRATCH}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What our checker made of one case."""

    case: HostileCase
    status: Status | None
    """``None``: the checker raised an error instead of judging."""
    is_escape: bool
    duration_s: float

    @property
    def is_fooled(self) -> bool:
        """Whether it passed though it must not."""
        return self.status is Status.PASSED and Status.PASSED not in self.case.acceptable

    @property
    def is_false_alarm(self) -> bool:
        """Whether a correct design was refused."""
        return self.case.is_sound and self.status is not Status.PASSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Our checker's failures on a set of cases."""

    cases: int
    fooled: int
    escaped: int
    hung: int
    crashed: int
    sound: int
    sound_passed: int


def count(outcomes: Sequence[Outcome]) -> Counts:
    """Count ``outcomes``."""
    return Counts(
        cases=len(outcomes),
        fooled=sum(item.is_fooled for item in outcomes),
        escaped=sum(item.is_escape for item in outcomes),
        hung=sum(item.duration_s > LONGEST_S for item in outcomes),
        crashed=sum(item.status is None for item in outcomes),
        sound=sum(item.case.is_sound for item in outcomes),
        sound_passed=sum(item.case.is_sound and not item.is_false_alarm for item in outcomes),
    )


def run_ours(checker: Checker, case: HostileCase) -> Outcome:
    """Judge ``case`` with our checker."""
    with tempfile.TemporaryDirectory(prefix="rtlgen-hostile-") as folder:
        canary = lay_canary(Path(folder) / "canary")
        started = time.monotonic()
        try:
            verdict = judge(checker, case, canary)
        except Exception as error:  # noqa: BLE001  whatever it is, it is counted
            print(f"{case.folder.name}: {error}", file=sys.stderr)
            verdict = None
        duration_s = time.monotonic() - started
        is_escape = not is_untouched(canary) or SECRET in repr(verdict)
    return Outcome(case=case, status=verdict.status if verdict else None, is_escape=is_escape, duration_s=duration_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One way to judge by text: how the two designs are named, what the bench prints, what counts as a pass."""

    name: str
    bench: str
    golden: str
    """Name of the reference's module; ``{}`` is the top."""
    candidate: str
    """Name of the candidate's module."""
    report: Callable[[Sequence[str]], str]
    """Output names -> the statements that print the result."""
    accepts: Callable[[str, Sequence[str]], bool]
    """(everything printed, output names) -> pass."""
    flags: tuple[str, ...] = ("-g2012",)
    is_final: bool = False
    """Whether the result is printed by a ``final`` block, so that whoever ends the simulation has it printed."""


def _report_verilog_eval(outputs: Sequence[str]) -> str:
    hints = "".join(
        f'    if (wrong_{name}) $display("Hint: Output \'%s\' has %0d mismatches.", "{name}", wrong_{name});\n'
        f'    else $display("Hint: Output \'%s\' has no mismatches.", "{name}");\n'
        for name in outputs
    )
    return hints + '    $display("Mismatches: %1d in %1d samples", wrong, samples);\n'


def _accept_verilog_eval(printed: str, _: Sequence[str]) -> bool:
    """Source: peers.md 1.1: the first of these words decides; then "error"; then a count of zero."""
    stop: tuple[str, ...] = (
        "syntax error",
        "requires an explicit cast",
        "must have a size greater than zero",
        "no sensitivities",
    )
    stop += ("is declared here as wire", "Unknown module type", "Unable to bind", "TIMEOUT", "error")
    return not any(word in printed for word in stop) and bool(re.search(r"Mismatches: 0 in \d+ samples", printed))


def _report_rtllm(_: Sequence[str]) -> str:
    return (
        '    if (wrong == 0) $display("===========Your Design Passed===========");\n'
        '    else $display("===========Error===========");\n'
    )


def _accept_rtllm(printed: str, _: Sequence[str]) -> bool:
    return "Pass" in printed or "pass" in printed


def _report_salv(outputs: Sequence[str]) -> str:
    return "".join(f'    $display("{name} error ctn: %0d", wrong_{name});\n' for name in outputs)


def _accept_salv(printed: str, outputs: Sequence[str]) -> bool:
    found = dict(re.findall(r"(\w+) error ctn: (-?\d+)", printed))
    return all(found.get(name) == "0" for name in outputs)


PEERS = (
    Peer(
        name="VerilogEval v2",
        bench="tb",
        golden="RefModule",
        candidate="{}",
        report=_report_verilog_eval,
        accepts=_accept_verilog_eval,
        flags=("-Wall", "-Winfloop", "-Wno-timescale", "-g2012", "-s", "tb"),
        is_final=True,
    ),
    Peer(
        name="RTLLM",
        bench="testbench",
        golden="verified_{}",
        candidate="{}",
        report=_report_rtllm,
        accepts=_accept_rtllm,
    ),
    Peer(
        name="SALV",
        bench="testbench",
        golden="{}",
        candidate="{}_test",
        report=_report_salv,
        accepts=_accept_salv,
    ),
)


def render_bench(peer: Peer, interface: Interface) -> str:
    """Return a bench in the style of ``peer``: reference and candidate side by side, 200 random rows, one verdict."""
    outputs = [port.name for port in interface.outputs]
    clocks = {clock.port for clock in interface.clocks}
    resets = {reset.port: reset for reset in interface.resets}
    lines = ["`timescale 1ns/1ps", f"module {peer.bench};", "  integer wrong = 0, samples = 0, i;"]
    lines += [f"  reg [{port.width - 1}:0] {port.name} = 0;" for port in interface.inputs]
    lines += [f"  integer wrong_{name} = 0;" for name in outputs]
    for side in ("ref", "dut"):
        lines += [f"  wire [{port.width - 1}:0] {port.name}_{side};" for port in interface.outputs]
    for side, instance, module in (("ref", "good1", peer.golden), ("dut", "top_module1", peer.candidate)):
        pins = [f".{port.name}({port.name})" for port in interface.inputs]
        pins += [f".{name}({name}_{side})" for name in outputs]
        lines.append(f"  {module.format(interface.module)} {instance} ({', '.join(pins)});")
    lines += ["  initial begin", "    for (i = 0; i < 200; i = i + 1) begin"]
    for port in interface.inputs:
        if port.name in resets:
            sign = "" if resets[port.name].active is Polarity.HIGH else "!"
            lines.append(f"      {port.name} = {sign}(i < 4);")
        elif port.name not in clocks:
            lines.append(f"      {port.name} = i % 2 ? i / 2 : {{$random, $random}};")
    for level in (1, 0) if clocks else (1,):
        lines += [f"      #2 {name} = {level};" for name in sorted(clocks)]
        lines.append("      #3;")
        if level:
            lines += _compare(outputs)
    report = peer.report(outputs).rstrip("\n")
    ending = ["    $finish;", "  end"]
    lines += ["    end", *([*ending, "  final begin", report, "  end"] if peer.is_final else [report, *ending])]
    lines += ['  initial begin #100000; $display("TIMEOUT"); $finish; end', "endmodule", ""]
    return "\n".join(lines)


def _compare(outputs: Sequence[str]) -> list[str]:
    """Return the statements that compare one sample, X in the reference being anything."""
    lines = ["      samples = samples + 1;"]
    for name in outputs:
        wrong = f"{name}_ref !== ({name}_ref ^ {name}_dut ^ {name}_ref)"
        lines.append(f"      if ({wrong}) begin wrong = wrong + 1; wrong_{name} = wrong_{name} + 1; end")
    return lines


def run_peer(peer: Peer, case: HostileCase, sandbox: Sandbox) -> bool:
    """Return whether ``peer`` scores the candidate of ``case`` as a pass."""
    interface = read_interface(SourceFile(name=str(case.folder / "golden.sv"), text=case.golden), case.top)
    golden = re.sub(rf"\b{case.top}\b", peer.golden.format(case.top), case.golden)
    source = case.source("/canary", f"{SCRATCH}/golden.sv")
    if peer.candidate != "{}":  # by plain replacement, as published
        source = source.replace(case.top, peer.candidate.format(case.top))
    with tempfile.TemporaryDirectory(prefix="rtlgen-peer-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        (folder / "candidate.sv").write_text("`timescale 1ns/1ps\n" + source)
        (folder / "bench.sv").write_text(render_bench(peer, interface))
        (folder / "golden.sv").write_text(golden)
        return peer.accepts(_run_bench(peer, folder, sandbox), [port.name for port in interface.outputs])


def _run_bench(peer: Peer, folder: Path, sandbox: Sandbox) -> str:
    """Compile and run the three files of ``folder`` together, and return what was printed."""
    printed = ""
    compiler = ["iverilog", *peer.flags, "-o", "design", "candidate.sv", "bench.sv", "golden.sv"]
    for argv in (compiler, ["vvp", "-n", "design"]):
        command = sandbox.wrap(argv, env=ENV, readable=(), scratch=folder)
        printed += run_program(command, limits=LIMITS, env=ENV, cwd=folder).output
        if not (folder / "design").exists():
            break
    return printed


def render_table(outcomes: Sequence[Outcome], peers: dict[str, set[str]]) -> str:
    """Return the table by category. ``peers``: per peer, the folders (as text) that it scores as a pass."""
    groups = [(name, [item for item in outcomes if item.case.category == name]) for name in _categories(outcomes)]
    rows = [_row(name, items, peers) for name, items in (*groups, ("all", list(outcomes)))]
    heads = ("category", "cases", "fooled", "escaped", "hung", "crashed", "correct passed")
    return tabulate(rows, headers=(*heads, *(f"{name}: fooled, correct passed" for name in peers)))


def _categories(outcomes: Sequence[Outcome]) -> list[str]:
    return sorted({item.case.category for item in outcomes})


def _row(name: str, items: Sequence[Outcome], peers: dict[str, set[str]]) -> list[object]:
    ours = count(items)
    row: list[object] = [name, ours.cases, ours.fooled, ours.escaped, ours.hung, ours.crashed]
    row.append(f"{ours.sound_passed}/{ours.sound}")
    for passed in peers.values():
        kept = [item.case for item in items if str(item.case.folder) in passed]
        fooled = sum(Status.PASSED not in case.acceptable for case in kept)
        row.append(f"{fooled}, {sum(case.is_sound for case in kept)}/{ours.sound}")
    return row


def main() -> None:
    """Run the corpora and print one table, or one line for each mode."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--modes", nargs="+", choices=(*FormalMode, REWARD), default=())
    modes = parser.parse_args().modes
    if not modes:
        compare_with_peers()
    for mode in modes:
        settings = REWARD_CHECK if mode == REWARD else CheckSettings(formal=FormalMode(mode))
        outcomes = judge_all(replace(settings, **OFTEN))
        print(f"{mode}: {count(outcomes)}")
        list_odd(outcomes)


def judge_all(settings: CheckSettings) -> list[Outcome]:
    """Judge the cases of all corpora."""
    cases = [case for folder in (OURS, SHARED, SHARED_2) for case in load_cases(folder)]
    with Checker(settings) as checker, ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda case: run_ours(checker, case), cases))


def compare_with_peers() -> None:
    """Print one table of our checker and the text-matching rules, without the cases that are for a bench."""
    others = (case for case in load_cases(SHARED_2) if not case.folder.name.startswith(("bench_", "cvdp_")))
    cases = (*load_cases(OURS), *load_cases(SHARED), *others)
    sandbox = choose_sandbox(SandboxMode.REQUIRED)
    print(
        f"{len(cases)} candidates, each compiled and run by real programs in the sandbox: "
        f"once by our checker, once by each of {len(PEERS)} text-matching rules.\n",
        flush=True,
    )
    with (
        Checker(CheckSettings(**OFTEN)) as checker,
        ThreadPoolExecutor(2) as pool,
    ):
        outcomes = list(pool.map(lambda case: run_ours(checker, case), cases))
        peers = {}
        for peer in PEERS:
            verdicts = list(pool.map(lambda case, peer=peer: run_peer(peer, case, sandbox), cases))
            peers[peer.name] = {str(case.folder) for case, passed in zip(cases, verdicts, strict=True) if passed}
    print(render_table(outcomes, peers))
    list_odd(outcomes)


def list_odd(outcomes: Sequence[Outcome]) -> None:
    """Print each case that went wrong."""
    for item in outcomes:
        if (
            item.is_fooled
            or item.is_escape
            or item.is_false_alarm
            or item.status is None
            or item.duration_s > LONGEST_S
        ):
            print(f"{item.case.folder.name}: {item.status}")


if __name__ == "__main__":
    main()
