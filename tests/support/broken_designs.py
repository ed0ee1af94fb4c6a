"""Designs with a few random mistakes, each by its number alone: for what a compiler says of them."""

import random

_DESIGNS = (
    """module counter #(parameter W = 4) (input clk, input rst, output reg [W-1:0] q, output wrap);
  wire [W-1:0] next = q + 1;
  assign wrap = q == {W{1'b1}};
  always @(posedge clk)
    if (rst) q <= 0;
    else q <= next;
endmodule""",
    """module half(input a, input b, output s, output c);
  assign s = a ^ b;
  assign c = a & b;
endmodule
module full(input a, input b, input d, output s, output c);
  wire t, u, v;
  half first(.a(a), .b(b), .s(t), .c(u));
  half second(t, d, s, v);
  assign c = u | v;
endmodule""",
    """module pick #(parameter N = 8) (input [N-1:0] x, input [2:0] i, output logic y);
  typedef enum logic [1:0] {IDLE, BUSY} state_t;
  state_t state;
  genvar k;
  wire [N-1:0] m;
  generate for (k = 0; k < N; k = k + 1) begin : g assign m[k] = x[k] & (i == k); end endgenerate
  always_comb begin state = IDLE; y = |m; if (x[7:4] == 4'd3) state = BUSY; end
endmodule""",
)
_INSERTS = (
    *("assign q = 1;", "assign y = zz;", "always @* s = 1;", "initial t = undeclared;", "state = 2;", "wire [N:0] n;"),
    *("half third(.a(a), .z(b));", "half fourth(a);", "alu unit(.a(a));", "wire [x:0] v2;", "localparam L = i;"),
    *("assign m[99] = 1;", "assign m[9:20] = 1;", "wire w = x[i:0];", "reg r; assign r = 1; always @* r = 0;"),
    *(
        "reg s; half fifth(.a(a), .s(s));",
        "wire [1:0] b2 = 2'd3; assign b2.x = 1;",
        "assign state = 2;",
        "assign c = nn;",
    ),
    *("endmodule", ");", '`include "missing.vh"', '`include "is not a net"', '$error("is not a net");'),
)


def make_design(number: int) -> str:
    """Return design ``number``: at most one word lost, doubled or swapped, and up to two lines put in."""
    rng = random.Random(f"design {number}").random
    words = _DESIGNS[int(rng() * len(_DESIGNS))].split(" ")
    for _ in range(int(rng() * 2)):
        place, other, change = int(rng() * len(words)), int(rng() * len(words)), int(rng() * 3)
        if change == 0:
            words[place] = ""
        elif change == 1:
            words.insert(place, words[other])
        else:
            words[place], words[other] = words[other], words[place]
    lines = " ".join(words).split("\n")
    for _ in range(int(rng() * 3)):
        lines.insert(1 + int(rng() * len(lines)), _INSERTS[int(rng() * len(_INSERTS))])
    return "\n".join(lines)
