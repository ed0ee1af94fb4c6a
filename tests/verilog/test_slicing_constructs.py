"""Slices of small designs, construct by construct: ``«`` and ``»`` stand around each span of the output."""

import re

import pytest

from pytest_rtlgen.verilog.slicing import Span, slice_outputs

CASES = {
    ("continuous assignments", "y"): """
module m(«input a», b, «output y», z);
  «wire n;
  assign n = a;
  assign y = ~n», z = b«;»
endmodule
""",
    ("net declaration", "z"): """
module m(«input a», «b», «output» y, «z»);
  «wire» n = a & b, «o = a | b;»
  assign y = n;
  «assign z = o;»
endmodule
""",
    ("clocked if and else", "q"): """
module m(«input clk», «rst», «en», «d», «output reg q», p);
  «always @(posedge clk or negedge rst)
    if (!rst) begin q <= 0;» p <= 1; «end
    else if (en) q <= d;»
    else p <= d;
endmodule
""",
    ("case", "z"): """
module m(«input [1:0] s», «input» a, «b», «output reg» y, «z»);
  «always @(*) begin»
    y = 0;
    «z = 0;
    case (s)
      2'b00:» y = a;
      «2'b01: begin z = b; end
      default:» ;
    «endcase
  end»
endmodule
""",
    ("loop", "z"): """
module m(«input [7:0] d», «output reg» y, «z»);
  «integer i;»
  always @* begin
    y = 0;
    for (i = 0; i < 8; i = i + 1) y = y ^ d[i];
  end
  «always @* begin
    z = 1;
    for (i = 0; i < 4; i = i + 1) begin
      if (i != 2) z = z & d[i];
    end
  end»
endmodule
""",
    ("instance", "y"): """
module m(«input a», b, «output y», z);
  «sub #(.W(1)) u (.p(a)», .q(b), «.x(y)», .w(z)«);»
endmodule
module sub #(«parameter W = 2», V = 3) («input p», q, «output x», w);
  «assign x = p ^ W;»
  assign w = q;
endmodule
""",
    ("instances in a row", "z"): """
module m(«input» a, «b», «output» y, «z»);
  «sub» u (a, y), «v (b», «z);»
endmodule
module sub (p, x);
  «input p;
  output x;
  assign x = p;»
endmodule
""",
    ("wildcard connection", "y"): """
module m(«input a», b, «output y», z);
  «sub u (.*);»
  assign z = b;
endmodule
module sub («input a», «output y»);
  «assign y = a;»
endmodule
""",
    ("generate loop", "y"): """
module m(«input [3:0] a», b, «output [3:0] y», z);
  «genvar i;»
  generate
    «for (i = 0; i < 4; i = i + 1) begin : g
      wire t;
      assign t = a[i];
      assign y[i] = t;»
      assign z[i] = b[i];
    «end»
  endgenerate
endmodule
""",
    ("generate if", "y"): """
module m #(«parameter W = 2») («input» a, «b», «output y», z);
  «if (W > 3) begin : big»
    assign y = a;
    assign z = a;
  «end else if (W > 1) begin
    assign y = b;
  end»
  if (W < 9) assign z = b;
endmodule
""",
    ("generate case", "y"): """
module m #(«parameter W = 2») («input» a, «b», «output y», z);
  «case (W)
    1:» assign y = a;
    «2, 3: begin assign y = b;» assign z = a; «end
    default:» assign z = b;
  «endcase»
endmodule
""",
    ("function", "y"): """
module m(«input [3:0] a», b, «output [3:0] y», z);
  «localparam K = 3;
  function [3:0] f(input [3:0] k);
    begin f = k + K; end
  endfunction»
  function [3:0] g(input [3:0] k);
    g = k - K;
  endfunction
  «assign y = f(a);»
  assign z = g(b);
endmodule
""",
    ("task", "y"): """
module m(«input clk», «a», b, «output reg y», z);
  «task set(input v);
    begin
      y <= v;»
      z <= b;
    «end
  endtask
  always @(posedge clk) set(a);»
endmodule
""",
    ("return and break", "y"): """
module m(«input [3:0] a», input b, «output logic y», z);
  «always_comb begin
    y = 0;
    for (int i = 0; i < 4; i++) begin
      if (a[i]) break;
      y = ~y;
    end
  end»
  always_comb begin
    z = b;
  end
endmodule
""",
    ("package", "y"): """
«package p;»
  localparam int K = 3, L = 4;
  «typedef enum logic [1:0] {IDLE, RUN} state_t;»
  function automatic logic f(logic v); return ~v; endfunction
«endpackage»
module m «import p::*;» («input clk», «a», «output logic y», z);
  «state_t s;
  always_ff @(posedge clk) s <= a ? RUN : IDLE;
  assign y = s == RUN;»
  assign z = p::f(a) ^ p::L;
endmodule
""",
    ("package function", "z"): """
«package p;
  localparam int» K = 3, «L = 4;»
  typedef enum logic [1:0] {IDLE, RUN} state_t;
  «function automatic logic f(logic v); return ~v; endfunction
endpackage»
module m «import p::*;» («input» clk, «a», «output logic» y, «z»);
  state_t s;
  always_ff @(posedge clk) s <= a ? RUN : IDLE;
  assign y = s == RUN;
  «assign z = p::f(a) ^ p::L;»
endmodule
""",
    ("initial", "q"): """
module m(«input clk», «output reg [3:0] q», output reg p = 0);
  «initial begin q = 5;» p = 1; «end
  always @(posedge clk) q <= q + 1;»
  always @(posedge clk) p <= ~p;
endmodule
""",
    ("declaration with a value", "p"): """
module m(«input clk», output reg [3:0] q, «output reg p = 0»);
  «initial begin» q = 5; «p = 1; end»
  always @(posedge clk) q <= q + 1;
  «always @(posedge clk) p <= ~p;»
endmodule
""",
    ("gates", "y"): """
module m(«input a», «b», «output y», z);
  «wire n;
  not (n, a);
  and g1 (y, n, b)», g2 (z, a, b)«;»
endmodule
""",
    ("primitive", "y"): """
«primitive inv (o, i);
  output o; input i;
  table 0 : 1; 1 : 0; endtable
endprimitive»
module m(«input a», b, «output y», z);
  «inv u (y, a);»
  buf (z, b);
endmodule
""",
    ("concatenation", "y"): """
module m(«input [3:0] a», «b», «output y», output z);
  «wire [2:0] w;
  wire c;
  assign {c, w} = a + b;
  assign y = c;»
  assign z = a[0];
endmodule
""",
    ("part select", "y"): """
module m(«input [3:0] a», «input [1:0] i», «output reg [3:0] y», z);
  «always @* begin
    y[3:2] = a[1:0];
    y[i[0]] = a[2];»
    z = a;
  «end»
endmodule
""",
    ("struct", "y"): """
module m(«input clk», «input [3:0] a», «output logic [3:0] y», output logic z);
  «typedef struct packed { logic v; logic [3:0] d; } s_t;
  s_t s», t«;
  always_ff @(posedge clk) begin
    s.d <= a;»
    t <= '0;
  «end
  assign y = s.d;»
  assign z = t.v;
endmodule
""",
    ("interface", "y"): """
interface bus; «logic v;» logic w; modport src (output v, output w); endinterface
module m(«input a», b, «output y», z);
  «bus u();
  drive d (.o(u)», «.a(a)», .b(b)«);
  assign y = u.v;»
  assign z = u.w;
endmodule
module drive («bus.src o», «input a», b);
  «assign o.v = a;»
  assign o.w = b;
endmodule
""",
    ("macro", "y"): """
«`define SUM(p, q) ((p) + (q))»
`define OTHER 3
«`ifdef FAST»
`define X 1
«`else»
`define X 0
«`endif»
module m(«input [3:0] a», «b», «output [3:0] y», z);
  «assign y = `SUM(a, b);»
  assign z = `OTHER + `X;
endmodule
""",
    ("constant function", "y"): """
module m #(«parameter D = 8») («input clk», «a», «output reg [w(D)-1:0] y», output reg z);
  «function integer w(input integer n);
    begin
      for (w = 0; n > 1; w = w + 1) n = n >> 1;
    end
  endfunction
  always @(posedge clk) y <= {y, a};»
  always @(posedge clk) z <= ~a;
endmodule
""",
    ("defparam", "y"): """
module m(«input a», b, «output y», z);
  «defparam u.K = 1;
  sub u (a», «y);»
  sub v (b, z);
endmodule
module sub («input p», «output x»);
  «parameter K = 0;
  assign x = p ^ K;»
endmodule
""",
    ("event and wait", "y"): """
module m(«input clk», «a», «output reg y», z);
  «event e;
  always @(posedge clk) begin» z <= a; «-> e; end
  always @(e) y = a;»
endmodule
""",
    ("disable", "y"): """
module m(«input clk», «a», «b», «output reg y», z);
  «always @(posedge clk) begin : body
    if (a) disable body;
    y <= b;
  end»
  always @(posedge clk) z <= b;
endmodule
""",
    ("hierarchical name", "y"): """
module m(«input a», b, «output y», z);
  «sub u (a», b«);
  assign y = u.n;»
  assign z = b;
endmodule
module sub («input p», q);
  «wire n», o«;
  assign n = p;»
  assign o = q;
endmodule
""",
    ("array of instances", "y"): """
module m(«input [1:0] a», b, «output [1:0] y», z);
  «sub u [1:0] (a», b, «y», z«);»
endmodule
module sub («input p», q, «output x», w);
  «assign x = p;»
  assign w = q;
endmodule
""",
    ("delay", "y"): """
«`timescale 1ns / 1ps»
`default_nettype none
module m(«input wire a», «output wire y», z);
  «assign #1 y = a;»
  assign z = a;
endmodule
""",
    ("delay by a macro", "y"): """
«`timescale 1ns / 1ps
`define HOLD 1»
module m(«input a», «output y», z);
  «assign #`HOLD y = a;»
  assign z = a;
endmodule
""",
    ("unknown module", "y"): """
module m(«input a», b, «output y», z);
  «wire n;
  blackbox u (.i(a), .o(n));
  assign y = n;»
  assign z = b;
endmodule
""",
    ("not ascii", "y"): """
module m(«input a», b, «output y», z);
  assign z = b; // é ü
  /* ∀ */ «assign y = a;» /* ∃ */
endmodule
""",
}


def read_case(marked: str) -> tuple[str, tuple[Span, ...]]:
    """Return the text without its marks, and the spans that they stand around."""
    spans, text = [], ""
    for before, inside in re.findall("([^«]*)(?:«([^»]*)»|$)", marked):
        text += before
        if inside:
            spans.append(Span(len(text), len(text) + len(inside)))
        text += inside
    return text, tuple(spans)


@pytest.mark.parametrize(("name", "output"), CASES)
def test_spans_of_a_construct(name: str, output: str) -> None:
    text, expected = read_case(CASES[name, output])
    found = slice_outputs(text, "m")[output]
    assert [text[span.start : span.stop] for span in found] == [text[span.start : span.stop] for span in expected]
    assert found == expected
