"""Clocks and resets, found in the text of a reference."""

# ruff: noqa: E501  a design is one line of the table

from pathlib import Path

import pytest

from pytest_rtlgen.records import ClockEdge, Polarity, ResetKind, SourceFile
from pytest_rtlgen.verilog.interface import read_interface

VERILOG_EVAL = Path(__file__).parents[3] / "shared" / "benchmarks" / "verilog-eval-v2" / "dataset_spec-to-rtl"
RISING, FALLING, BOTH = ClockEdge.RISING, ClockEdge.FALLING, ClockEdge.BOTH
HIGH, LOW = Polarity.HIGH, Polarity.LOW
SYNC, ASYNC = ResetKind.SYNCHRONOUS, ResetKind.ASYNCHRONOUS
SUBMODULES = """
module ff(input c, r, d, output reg q); always @(posedge c or posedge r) if (r) q <= 0; else q <= d; endmodule
module w(input clk, rst, d, output q); ff u(.q(q), .d(d), .r(rst), .c(clk)); endmodule
"""

DESIGNS = [
    ("no clock", "input a,output y", "assign y=a;", [], []),
    ("plain", "input clk,d,output reg q", "always @(posedge clk) q<=d;", [("clk", RISING)], []),
    ("neg", "input ck,d,output reg q", "always @(negedge ck) q<=d;", [("ck", FALLING)], []),
    ("ff", "input clk,d,output logic q", "always_ff @(posedge clk) q<=d;", [("clk", RISING)], []),
    (
        "sync hi",
        "input clk,rst,d,output reg q",
        "always @(posedge clk) if(rst) q<=0; else q<=d;",
        [("clk", RISING)],
        [("rst", HIGH, SYNC)],
    ),
    (
        "sync lo",
        "input clk,rst_n,d,output reg q",
        "always @(posedge clk) if(!rst_n) q<=0; else q<=d;",
        [("clk", RISING)],
        [("rst_n", LOW, SYNC)],
    ),
    (
        "sync tilde",
        "input clk,resetn,d,output reg q",
        "always @(posedge clk) begin if(~resetn) begin q<=0; end else q<=d; end",
        [("clk", RISING)],
        [("resetn", LOW, SYNC)],
    ),
    (
        "sync eq",
        "input clk,reset,d,output reg q",
        "always @(posedge clk) if(reset==1'b1) q<=0; else q<=d;",
        [("clk", RISING)],
        [("reset", HIGH, SYNC)],
    ),
    (
        "sync eq0",
        "input clk,reset,d,output reg q",
        "always @(posedge clk) if(1'b0==reset) q<=0; else q<=d;",
        [("clk", RISING)],
        [("reset", LOW, SYNC)],
    ),
    (
        "async hi",
        "input clk,rst,d,output reg q",
        "always @(posedge clk or posedge rst) if(rst) q<=0; else q<=d;",
        [("clk", RISING)],
        [("rst", HIGH, ASYNC)],
    ),
    (
        "async lo",
        "input clk,nrst,d,output reg q",
        "always @(posedge clk, negedge nrst) if(!nrst) q<=0; else q<=d;",
        [("clk", RISING)],
        [("nrst", LOW, ASYNC)],
    ),
    (
        "async order",
        "input clk,nrst,d,output reg q",
        "always @(negedge nrst or negedge clk) if(nrst==0) q<=0; else q<=d;",
        [("clk", FALLING)],
        [("nrst", LOW, ASYNC)],
    ),
    (
        "async odd name",
        "input c,ar,d,output reg q",
        "always @(posedge c or posedge ar) if(ar) q<=0; else q<=d;",
        [("c", RISING)],
        [("ar", HIGH, ASYNC)],
    ),
    (
        "async param",
        "input clk,rst,d,output reg [3:0] q",
        "localparam I=5; always @(posedge clk or posedge rst) if(rst) q<=I; else q<=d;",
        [("clk", RISING)],
        [("rst", HIGH, ASYNC)],
    ),
    (
        "async set+rst",
        "input clk,rst,set,d,output reg q",
        "always @(posedge clk or posedge rst or posedge set) if(rst) q<=0; else if(set) q<=1; else q<=d;",
        [("clk", RISING)],
        [("rst", HIGH, ASYNC), ("set", HIGH, ASYNC)],
    ),
    (
        "async nonconst load first reg",
        "input clk,areset,input [3:0] d,output reg [3:0] q",
        "reg [3:0] m[0:3]; integer i; always @(posedge clk or posedge areset) if(areset) begin for(i=0;i<4;i=i+1) m[i]=i; q<=0; end else q<=d;",
        [("clk", RISING)],
        [("areset", HIGH, ASYNC)],
    ),
    (
        "two clocks",
        "input wclk,rclk,d,output reg q,p",
        "always @(posedge wclk) q<=d; always @(posedge rclk) p<=q;",
        [("wclk", RISING), ("rclk", RISING)],
        [],
    ),
    (
        "two clocks two rst",
        "input wclk,wrst_n,rclk,rrst_n,d,output reg q,p",
        "always @(posedge wclk or negedge wrst_n) if(!wrst_n) q<=0; else q<=d; always @(posedge rclk or negedge rrst_n) if(!rrst_n) p<=0; else p<=q;",
        [("wclk", RISING), ("rclk", RISING)],
        [("wrst_n", LOW, ASYNC), ("rrst_n", LOW, ASYNC)],
    ),
    (
        "both edges",
        "input clk,d,output q",
        "reg a,b; always @(posedge clk) a<=d; always @(negedge clk) b<=d; assign q=clk?a:b;",
        [("clk", BOTH)],
        [],
    ),
    ("both list", "input clk,d,output reg q", "always @(posedge clk or negedge clk) q<=d;", [("clk", BOTH)], []),
    ("edge kw", "input clk,d,output reg q", "always @(edge clk) q<=d;", [("clk", BOTH)], []),
    (
        "ripple",
        "input t,rst,output reg q,r",
        "always @(negedge t or posedge rst) if(rst) q<=0; else q<=~q; always @(negedge q or posedge rst) if(rst) r<=0; else r<=~r;",
        [("t", FALLING)],
        [("rst", HIGH, ASYNC)],
    ),
    (
        "alias",
        "input clk,d,output reg q",
        "wire clk_i; assign clk_i=clk; always @(posedge clk_i) q<=d;",
        [("clk", RISING)],
        [],
    ),
    ("alias inv", "input clk,d,output reg q", "wire clk_n=~clk; always @(posedge clk_n) q<=d;", [("clk", FALLING)], []),
    (
        "inst named",
        "input clk,d,rst,output q",
        "ff u(.c(clk),.r(rst),.d(d),.q(q));",
        [("clk", RISING)],
        [("rst", HIGH, ASYNC)],
    ),
    ("inst pos", "input clk,rst,d,output q", "ff u(clk,rst,d,q);", [("clk", RISING)], [("rst", HIGH, ASYNC)]),
    ("inst inv rst", "input clk,rst_n,d,output q", "ff u(clk,~rst_n,d,q);", [("clk", RISING)], [("rst_n", LOW, ASYNC)]),
    ("inst deep", "input clk,rst,d,output q", "w u(clk,rst,d,q);", [("clk", RISING)], [("rst", HIGH, ASYNC)]),
    (
        "inst gen",
        "input clk,rst,input [3:0] d,output [3:0] q",
        "genvar i; for(i=0;i<4;i=i+1) begin:g ff u(clk,rst,d[i],q[i]); end",
        [("clk", RISING)],
        [("rst", HIGH, ASYNC)],
    ),
    ("data tested first", "input clk,en,d,output reg q", "always @(posedge clk) if(en) q<=d;", [("clk", RISING)], []),
    (
        "named rst but load",
        "input clk,rst,d,output reg q",
        "always @(posedge clk) if(rst) q<=d;",
        [("clk", RISING)],
        [],
    ),
    (
        "odd sync",
        "input clk,r,d,output reg q",
        "always @(posedge clk) if(r) q<=0; else q<=d;",
        [("clk", RISING)],
        [("r", HIGH, SYNC)],
    ),
    (
        "odd sync ambiguous",
        "input clk,a,b,d,output reg q,p",
        "always @(posedge clk) if(a) q<=0; else q<=d; always @(posedge clk) if(b) p<=0; else p<=d;",
        [("clk", RISING)],
        [],
    ),
    (
        "en flag not reset",
        "input clk,en,output reg [3:0] q",
        "always @(posedge clk) if(en) q<=q+1;",
        [("clk", RISING)],
        [],
    ),
    (
        "mixed or",
        "input clk,reset,output reg [3:0] q",
        "always @(posedge clk) if(reset||q==9) q<=0; else q<=q+1;",
        [("clk", RISING)],
        [("reset", HIGH, SYNC)],
    ),
    (
        "prob153",
        "input clk,areset,t,d,output reg q",
        "always @(posedge clk, posedge areset) if(areset) q<=0; else q<=d; reg [3:0] m[0:3]; integer i; always @(posedge clk, posedge areset) if(t) m[0]<=1; else if(areset) for(i=0;i<4;i=i+1) m[i]<=0;",
        [("clk", RISING)],
        [("areset", HIGH, ASYNC)],
    ),
    (
        "prob153 b",
        "input clk,areset,d,output reg q",
        "always @(posedge clk, posedge areset) if(areset) q=0; else begin q<=d; end",
        [("clk", RISING)],
        [("areset", HIGH, ASYNC)],
    ),
    (
        "func reset",
        "input clk,rst,d,output reg [3:0] q",
        "always @(posedge clk) begin q<=d; if(rst) q<=0; end",
        [("clk", RISING)],
        [("rst", HIGH, SYNC)],
    ),
    (
        "next-state comb reset",
        "input clk,rst,d,output reg q",
        "reg n; always @* if(rst) n=0; else n=d; always @(posedge clk) q<=n;",
        [("clk", RISING)],
        [("rst", HIGH, SYNC)],
    ),
    (
        "ternary",
        "input clk,rst,d,output reg q",
        "always @(posedge clk) q <= rst ? 1'b0 : d;",
        [("clk", RISING)],
        [("rst", HIGH, SYNC)],
    ),
    (
        "ternary low",
        "input clk,rst_n,d,output reg q",
        "always @(posedge clk) q <= !rst_n ? 1'b0 : d;",
        [("clk", RISING)],
        [("rst_n", LOW, SYNC)],
    ),
    (
        "comb rst is data",
        "input clk,rst,d,output reg q,output y",
        "assign y=rst; always @(posedge clk) q<=d;",
        [("clk", RISING)],
        [],
    ),
    (
        "prio en then rst",
        "input clk,rst,en,d,output reg q",
        "always @(posedge clk) if(en) begin if(rst) q<=0; else q<=d; end",
        [("clk", RISING)],
        [("rst", HIGH, SYNC)],
    ),
    (
        "rst sync chain",
        "input clk,arst_n,d,output reg q",
        "reg [1:0] s; always @(posedge clk or negedge arst_n) if(!arst_n) s<=0; else s<={s[0],1'b1}; wire r=s[1]; always @(posedge clk or negedge r) if(!r) q<=0; else q<=d;",
        [("clk", RISING)],
        [("arst_n", LOW, ASYNC)],
    ),
    (
        "gated",
        "input clk,en,d,output reg q",
        "reg l; always @* if(!clk) l=en; wire g=clk&l; always @(posedge g) q<=d;",
        [("clk", RISING)],
        [],
    ),
    (
        "derived",
        "input clk,rst,d,output reg q",
        "reg h; always @(posedge clk) if(rst) h<=0; else h<=~h; always @(posedge h) q<=d;",
        [("clk", RISING)],
        [("rst", HIGH, SYNC)],
    ),
    (
        "word rst",
        "input clk,input [1:0] rst,input d,output reg q",
        "always @(posedge clk) if(rst) q<=0; else q<=d;",
        [("clk", RISING)],
        [],
    ),
    ("latch", "input en,d,output reg q", "always @* if(en) q=d;", [], []),
    ("latch rst", "input en,rst,d,output reg q", "always @* if(rst) q=0; else if(en) q=d;", [], []),
    (
        "clr with rst",
        "input clk,rst,clr,d,output reg q",
        "always @(posedge clk) if(rst) q<=0; else if(clr) q<=0; else q<=d;",
        [("clk", RISING)],
        [("rst", HIGH, SYNC)],
    ),
    (
        "clear alone",
        "input clk,clear,d,output reg q",
        "always @(posedge clk) if(clear) q<=0; else q<=d;",
        [("clk", RISING)],
        [("clear", HIGH, SYNC)],
    ),
    ("initial only", "input clk,d,output reg q", "initial q=0; always @(posedge clk) q<=d;", [("clk", RISING)], []),
    ("data edge", "input sig,input [3:0] d,output reg [3:0] q", "always @(posedge sig) q<=d;", [("sig", RISING)], []),
    (
        "non-ansi reset",
        "input clk,input reset,output reg q",
        "always @(posedge clk) begin : b if (reset) begin q <= 1; end else q<=~q; end",
        [("clk", RISING)],
        [("reset", HIGH, SYNC)],
    ),
]


@pytest.mark.parametrize(
    ("ports", "body", "clocks", "resets"), [row[1:] for row in DESIGNS], ids=[r[0] for r in DESIGNS]
)
def test_clocks_and_resets(
    ports: str, body: str, clocks: list[tuple[str, ClockEdge]], resets: list[tuple[str, Polarity, ResetKind]]
) -> None:
    text = f"{SUBMODULES}module top({ports});\n{body}\nendmodule\n"
    found = read_interface(SourceFile(name="ref.sv", text=text), "top")
    assert [(clock.port, clock.edge) for clock in found.clocks] == clocks
    assert [(reset.port, reset.active, reset.kind) for reset in found.resets] == resets


def test_every_edge_of_verilog_eval_is_a_clock_or_an_asynchronous_reset() -> None:
    if not VERILOG_EVAL.is_dir():
        pytest.skip(f"{VERILOG_EVAL} does not exist: the benchmarks lie beside the repository")
    clocked = with_reset = 0
    for path in sorted(VERILOG_EVAL.glob("*_ref.sv")):
        text = path.read_text(encoding="utf-8")
        found = read_interface(SourceFile(name=path.name, text=text), "RefModule")
        assert bool(found.clocks) == ("posedge" in text or "negedge" in text), path.name
        assert not {clock.port for clock in found.clocks} & {"reset", "areset", "aresetn", "ar"}, path.name
        clocked += bool(found.clocks)
        with_reset += bool(found.resets)
    assert (clocked, with_reset) == (73, 51)


def test_an_assignment_that_cannot_be_elaborated_is_passed_over() -> None:
    text = "module top(input clk, d, output reg q, output [1:0] z); assign z[0:1] = {d, d}; always @(posedge clk) q <= d; endmodule"
    interface = read_interface(SourceFile(name="top.v", text=text), "top")
    assert [clock.port for clock in interface.clocks] == ["clk"]
