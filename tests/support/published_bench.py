"""The testbench that CodeV-R1 generates for every check: both designs in one simulation, uniform random inputs.

Source: CodeV-R1, ``codev_eval_toolkit/verify.py``: an outer loop of resets, an inner one of steps; each step draws
every input, toggles the clock and compares all outputs with one ``===`` conjunction.
"""

import os
import re
from collections.abc import Collection
from pathlib import Path

from pytest_rtlgen.records import Interface, Polarity, Port
from pytest_rtlgen.tools.process import Limits, run_program

_MODULE = re.compile(r"\bmodule\s+(?:automatic\s+|static\s+)?([A-Za-z_]\w*)")
_BENCH = """\
`timescale 1ns/1ps
module testbench;
{nets}
  integer bench_round, bench_step, bench_errors, bench_samples;
  {gold}_gold bench_gold ({gold_ports});
  {gate}_gate bench_gate ({gate_ports});
  initial begin
    bench_errors = 0; bench_samples = 0; {idle}
    for (bench_round = 0; bench_round < {rounds}; bench_round = bench_round + 1) begin
      {reset}
      for (bench_step = 0; bench_step < {steps}; bench_step = bench_step + 1) begin
        {draw}
        {toggle}
        #5 bench_samples = bench_samples + 1;
        if (!({equal})) bench_errors = bench_errors + 1;
      end
    end
    $display("Error rate: %f", 1.0 * bench_errors / bench_samples);
    if (bench_errors == 0) $display("All tests passed.");
    $finish;
  end
endmodule
"""


def check_published(folder: Path, gold: str, gate: str, bench: str, *, limits: Limits) -> bool:
    """Compile and run one check as published; return whether it says that all tests passed."""
    for name, text in (("gold.v", rename(gold, "gold")), ("gate.v", rename(gate, "gate")), ("tb.v", bench)):
        (folder / name).write_text(text)
    compile_line = ["iverilog", "-g2012", "-s", "testbench", "-o", "tb.vvp", "tb.v", "gold.v", "gate.v"]
    env = {"PATH": os.environ["PATH"]}
    if run_program(compile_line, limits=limits, env=env, cwd=folder).exit_code:
        return False
    done = run_program(["vvp", "-n", "tb.vvp"], limits=limits, env=env, cwd=folder, keep_stdout=True)
    return b"All tests passed." in done.stdout


def rename(text: str, suffix: str) -> str:
    """Return ``text`` with every module that it defines renamed, so that two designs can be in one simulation."""
    for name in set(_MODULE.findall(text)):
        text = re.sub(rf"\b{name}\b", f"{name}_{suffix}", text)
    return text


def render_published(interface: Interface, *, gold: str, rounds: int, steps: int) -> str:
    """Return the bench for designs with ``interface``; ``gold`` is the reference's module."""
    clocks = [clock.port for clock in interface.clocks]
    resets = {reset.port: int(reset.active is Polarity.HIGH) for reset in interface.resets}
    drawn = [port for port in interface.inputs if port.name not in {*clocks, *resets}]
    cycle = "".join(f"#5 {name} = ~{name}; " for name in clocks)
    phase = [
        *(f"{name} = {level};" for name, level in resets.items()),
        cycle * 2,
        *(f"{name} = {1 - level};" for name, level in resets.items()),
    ]
    return _BENCH.format(
        nets="\n".join(_declare(interface)),
        gold=gold,
        gate=interface.module,
        gold_ports=_connect(interface, "gold"),
        gate_ports=_connect(interface, "gate"),
        idle=" ".join(f"{port.name} = 0;" for port in interface.inputs),
        rounds=rounds,
        reset=" ".join(phase),
        steps=steps,
        draw=" ".join(f"{port.name} = {_random(port)};" for port in drawn),
        toggle=" ".join(f"{name} = ~{name};" for name in clocks),
        equal=" && ".join(f"{port.name}_gold === {port.name}_gate" for port in interface.outputs),
    )


def _declare(interface: Interface) -> Collection[str]:
    inputs = [f"  reg [{port.width - 1}:0] {port.name};" for port in interface.inputs]
    outputs = [
        f"  wire [{port.width - 1}:0] {port.name}_{side};" for port in interface.outputs for side in ("gold", "gate")
    ]
    return [*inputs, *outputs]


def _connect(interface: Interface, side: str) -> str:
    inputs = [f".{port.name}({port.name})" for port in interface.inputs]
    return ", ".join([*inputs, *(f".{port.name}({port.name}_{side})" for port in interface.outputs)])


def _random(port: Port) -> str:
    return "{" + ", ".join(["$random"] * ((port.width + 31) // 32)) + "}"
