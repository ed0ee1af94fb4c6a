"""A testbench in VerilogEval's style for any reference: clock, resets, random inputs, constants of the reference."""

from pytest_rtlgen.check.single import make_problem
from pytest_rtlgen.check.stimulus.hints import list_hints
from pytest_rtlgen.records import BenchRule, Interface, Polarity, Port, SourceFile, Testbench
from pytest_rtlgen.verilog.constants import mine_constants
from pytest_rtlgen.verilog.interface import read_interface

_BENCH = """\
`timescale 1ns/1ps
module stimulus_gen (input clk{stimulus_ports});
  initial begin
    {first}
    repeat (4) @(posedge clk);
    repeat (1000) @(posedge clk) begin
      {random}
    end
    #1 $finish;
  end
endmodule

module tb;
  typedef struct packed {{ int errors; int clocks; {counters} }} stats;
  stats stats1;
  reg clk = 0;
  initial forever #5 clk = ~clk;
{nets}
  stimulus_gen stim1 (.clk(clk){stimulus});
  {reference} good1 ({reference_ports});
  {top} top_module1 ({ports});
  wire tb_match = {match};
  final begin
    {hints}
    $display("Mismatches: %1d in %1d samples", stats1.errors, stats1.clocks);
  end
  always @(posedge clk, negedge clk) begin
    stats1.clocks++;
    if (!tb_match) stats1.errors++;
    {count}
  end
  initial begin #1000000 $display("TIMEOUT"); $finish; end
endmodule
"""


def make_generic_bench(golden: str, top: str, *, timeout_s: float = 1.0, name: str = "golden.sv") -> Testbench:
    source = SourceFile(name=name, text=golden)
    renamed = SourceFile(name=name, text=golden.replace(top, "RefModule"))
    return Testbench(
        rule=BenchRule.VERILOG_EVAL_V2,
        bench=SourceFile(name="generic_test.sv", text=_render(read_interface(source, top), golden)),
        bench_top="tb",
        top=top,
        reference=source,
        reference_top=top,
        companions=(renamed,),
        timescale="1ns/1ps",
        timeout_s=timeout_s,
    )


def _render(interface: Interface, golden: str) -> str:
    made = make_problem(reference=golden, top=interface.module)
    hints = list_hints(mine_constants(made.reference, made.reference_top), interface)
    clocks = {clock.port for clock in interface.clocks}
    resets = {reset.port: int(reset.active is Polarity.HIGH) for reset in interface.resets}
    played = [port for port in interface.inputs if port.name not in clocks]
    outputs = interface.outputs
    return _BENCH.format(
        stimulus_ports="".join(f", output reg {_shape(port)}{_spell(port.name)}" for port in played),
        first=" ".join(f"{_spell(port.name)} <= {resets.get(port.name, 0)};" for port in played),
        random=" ".join(f"{_spell(port.name)} <= {_draw(port, resets, hints.get(port.name, ()))};" for port in played),
        counters=" ".join(f"int errors_{index};" for index in range(len(outputs))),
        nets="\n".join(
            [
                *(f"  wire {_shape(port)}{_spell(port.name)};" for port in played),
                *(f"  wire {_shape(port)}r{index}, d{index};" for index, port in enumerate(outputs)),
            ]
        ),
        stimulus="".join(f", .{_spell(port.name)}({_spell(port.name)})" for port in played),
        reference="RefModule",
        reference_ports=_connect(interface, clocks, "r"),
        top=interface.module,
        ports=_connect(interface, clocks, "d"),
        match=" && ".join(f"r{index} === (r{index} ^ d{index} ^ r{index})" for index in range(len(outputs))),
        hints=" ".join(
            f"""$display("Hint: Output '%s' has %0d mismatches.", "{port.name}", stats1.errors_{index});"""
            for index, port in enumerate(outputs)
        ),
        count=" ".join(
            f"if (r{index} !== (r{index} ^ d{index} ^ r{index})) stats1.errors_{index}++;"
            for index in range(len(outputs))
        ),
    )


def _connect(interface: Interface, clocks: set[str], prefix: str) -> str:
    actual = {port.name: f"{prefix}{index}" for index, port in enumerate(interface.outputs)}
    actual |= dict.fromkeys(clocks, "clk")
    return ", ".join(f".{_spell(port.name)}({actual.get(port.name, _spell(port.name))})" for port in interface.ports)


def _draw(port: Port, resets: dict[str, int], hints: tuple[int, ...]) -> str:
    if port.name in resets:
        return f"($urandom % 200 == 0) ? {resets[port.name]} : {1 - resets[port.name]}"
    text = "{" + ", ".join(["$urandom"] * ((port.width + 31) // 32)) + "}"
    for index, hint in enumerate(hints[:40]):
        text = f"($urandom % {4 * len(hints)} == {index}) ? {port.width}'d{hint % 2**port.width} : {text}"
    return text


def _shape(port: Port) -> str:
    return f"[{port.width - 1}:0] " if port.width > 1 else ""


def _spell(name: str) -> str:
    return f"\\{name} "
