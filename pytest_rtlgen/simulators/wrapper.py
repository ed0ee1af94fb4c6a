"""The Verilog around a design: it applies blocks of inputs and collects blocks of outputs.

cocotb writes one wide vector, flips ``go``, waits for ``done`` and reads one wide vector; the steps in between
cost no call into Python. Every name carries the job's nonce, so a design cannot refer to any of them.
"""

from collections.abc import Iterator

from pytest_rtlgen.records import STEP_NS, Interface, Stimulus, count_bits, list_ranges
from pytest_rtlgen.verilog.lexical import escape_name, spell_name

_BLOCK_BITS = 16384
_BLOCK_STEPS = 256

_TEMPLATE = """\
`timescale 1ns/1ps
module top_{n};
  reg [{in_bits}:0] block_in_{n};
  reg [{out_bits}:0] block_out_{n};
  reg go_{n};
  reg done_{n} = 1'b0;
  reg [{in_msb}:0] in_{n};
  wire [{out_msb}:0] out_{n};
  integer i_{n};
  {module} dut_{n} (
{connections}
  );
  always @(go_{n}) begin
    for (i_{n} = {last}; i_{n} >= 0; i_{n} = i_{n} - 1) begin
      in_{n} = block_in_{n}[i_{n}*{in_width} +: {in_width}];
      #{wait};
      block_out_{n}[i_{n}*{out_width} +: {out_width}] = out_{n};
      #0.001;
    end
    done_{n} <= ~done_{n};
  end
endmodule
"""


def render_wrapper(interface: Interface, *, nonce: str, block_steps: int) -> str:
    """Return the text of module ``top_<nonce>``, which runs ``block_steps`` steps a block."""
    in_width = max(1, count_bits(interface.inputs))
    out_width = count_bits(interface.outputs)
    return _TEMPLATE.format(
        n=nonce,
        module=spell_name(interface.module),
        connections=",\n".join(connect_ports(interface, nonce)),
        last=block_steps - 1,
        in_width=in_width,
        in_msb=in_width - 1,
        in_bits=in_width * block_steps - 1,
        out_width=out_width,
        out_msb=out_width - 1,
        out_bits=out_width * block_steps - 1,
        wait=f"{STEP_NS - 0.001:.3f}",
    )


def count_block_steps(stimulus: Stimulus, out_width: int) -> int:
    """Return how many steps go into one block: at most 256, fewer where rows are wide."""
    widest = max(stimulus.width, out_width, 1)
    return max(1, min(_BLOCK_STEPS, _BLOCK_BITS // widest, stimulus.steps))


def connect_ports(interface: Interface, nonce: str) -> Iterator[str]:
    """Yield the connection of each port to its bits of ``in_<nonce>`` or ``out_<nonce>``."""
    for ports, bus in ((interface.inputs, "in"), (interface.outputs, "out")):
        for port, bits in list_ranges(ports):
            yield f"    .{escape_name(port.name)}({bus}_{nonce}{bits})"
