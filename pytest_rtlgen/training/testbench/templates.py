"""The texts of exported testbenches, to be filled with ``str.format``."""

BENCH = """\
// Self-checking testbench of module {name}, made by pytest-rtlgen from a reference alone.
// iverilog -g2012 -s tb_{name} -o {name}.vvp tb_{name}.v DESIGN.sv && vvp {name}.vvp
// Run it in the folder of stimulus.mem and expected.mem, or name them: -Ptb_{name}.STIMULUS='"path"'.
// An x in expected.mem is a don't-care; anything else must be met exactly.
`timescale 1ns/1ps
module tb_{name};
  parameter STIMULUS = "stimulus.mem";
  parameter EXPECTED = "expected.mem";
  parameter real ERROR_RATE = {error_rate};
  localparam STEPS = {steps};

  reg [{in_msb}:0] stimulus [0:STEPS-1];
  reg [{out_msb}:0] expected [0:STEPS-1];
  reg [{in_msb}:0] driven;
  reg [{out_msb}:0] want;
  wire [{out_msb}:0] got;
  integer checked [0:{last_output}];
  integer mismatches [0:{last_output}];
  integer all_checked, all_mismatches, step, index;
  real first [0:{last_output}];
  real rate;

  {module} {parameters}dut (
{connections}
  );

  // Whether a known bit of `right` differs in `found`; both are filled up with x and 0.
  function differs(input [{widest}:0] right, input [{widest}:0] found, input integer width);
    integer bit_number;
    begin
      differs = 1'b0;
      for (bit_number = 0; bit_number < width; bit_number = bit_number + 1)
        if (right[bit_number] !== 1'bx && right[bit_number] !== found[bit_number]) differs = 1'b1;
    end
  endfunction

  task note(input integer output_number);
    begin
      if (mismatches[output_number] == 0) first[output_number] = $realtime;
      mismatches[output_number] = mismatches[output_number] + 1;
    end
  endtask

  task report(input integer output_number, input [8*256-1:0] name);
    begin
      if (mismatches[output_number] == 0)
        $display("%0s: %0d mismatches in %0d checks", name, mismatches[output_number], checked[output_number]);
      else
        $display("%0s: %0d mismatches in %0d checks, the first at %0.3f ns", name, mismatches[output_number],
                 checked[output_number], first[output_number]);
      all_checked = all_checked + checked[output_number];
      all_mismatches = all_mismatches + mismatches[output_number];
    end
  endtask

  initial begin
    $readmemb(STIMULUS, stimulus);
    $readmemb(EXPECTED, expected);
    all_checked = 0;
    all_mismatches = 0;
    for (index = 0; index <= {last_output}; index = index + 1) begin
      checked[index] = 0;
      mismatches[index] = 0;
    end
    for (step = 0; step < STEPS; step = step + 1) begin
      driven = stimulus[step];
      want = expected[step];
      #{wait};
{checks}
      #{rest};
    end
{reports}
    rate = all_checked == 0 ? 1.0 : 1.0 * all_mismatches / all_checked;
    $display("Error rate: %0.6f of %0d checks", rate, all_checked);
    if (rate <= ERROR_RATE) $display("PASSED");
    else $display("FAILED");
    $finish;
  end
endmodule
"""

CHECK = """\
      if (want{bits} !== {{{width}{{1'bx}}}}) begin
        checked[{index}] = checked[{index}] + 1;
        if (want{bits} !== got{bits})
          if (differs(want{bits}, got{bits}, {width})) note({index});
      end"""

COCOTB = '''\
"""Self-checking cocotb 2.1 test of module {module}, made by pytest-rtlgen from a reference alone.

Run it with ``python run_cocotb.py DESIGN.sv``. An x in expected.mem is a don't-care; anything else must be met exactly.
"""

from pathlib import Path

import cocotb
from cocotb.triggers import Timer

FOLDER = Path(__file__).parent
INPUTS = (
{inputs})
"""(name, bits), in the order of stimulus.mem."""
OUTPUTS = (
{outputs})
"""Likewise, of expected.mem."""
ERROR_RATE = {error_rate}
"""The test passes while at most this share of its checks mismatch."""
STEP_NS = {step_ns}


def cut(row, ports):
    """Yield (name, value) of every port; the first port comes first in a row."""
    start = 0
    for name, width in ports:
        yield name, row[start : start + width]
        start += width


def read_bits(handle, width):
    """Return the value of a port as lower-case 01xz."""
    value = handle.value
    return f"{{value & (1 << width) - 1:0{{width}}b}}" if isinstance(value, int) else str(value).lower()


def differs(want, got):
    """Return whether a known bit is not met."""
    return any(right != "x" and right != found for right, found in zip(want, got, strict=True))


@cocotb.test()
async def {name}_does_what_its_reference_does(dut):
    """Apply every step and compare every output."""
    checked = dict.fromkeys((name for name, _ in OUTPUTS), 0)
    wrong = dict.fromkeys(checked, 0)
    first = {{}}
    stimulus = (FOLDER / "stimulus.mem").read_text().split()
    expected = (FOLDER / "expected.mem").read_text().split()
    before = {{}}
    for step, (driven, row) in enumerate(zip(stimulus, expected, strict=True)):
        for name, value in cut(driven, INPUTS):
            if before.get(name) != value:
                dut[name].value = int(value, 2)
                before[name] = value
        await Timer({wait_ps}, "ps")
        for name, want in cut(row, OUTPUTS):
            if want.strip("x"):
                got = read_bits(dut[name], len(want))
                checked[name] += 1
                if differs(want, got):
                    wrong[name] += 1
                    first.setdefault(name, f", the first at {{step * STEP_NS}} ns: expected {{want}}, got {{got}}")
        await Timer({rest_ps}, "ps")
    for name, count in checked.items():
        dut._log.info("%s: %d mismatches in %d checks%s", name, wrong[name], count, first.get(name, ""))
    rate = sum(wrong.values()) / max(1, sum(checked.values()))
    named = "; ".join(f"{{name}}: {{wrong[name]}} of {{checked[name]}}{{text}}" for name, text in first.items())
    assert rate <= ERROR_RATE, f"error rate {{rate:.6f}} is above {{ERROR_RATE}}: {{named}}"
'''

RUNNER = '''\
"""Build DESIGN.sv … with Icarus and run the cocotb test on it: python run_cocotb.py DESIGN.sv …"""

import sys
from pathlib import Path

from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner

FOLDER = Path(__file__).resolve().parent
TOP = {top!r}
PARAMETERS = {parameters!r}
"""Values at which ports have the widths of the reference; a design without such a parameter gets a warning."""


def main() -> int:
    if len(sys.argv) == 1:
        sys.exit(__doc__)
    runner = get_runner("icarus")
    build = FOLDER / "sim_build"
    sources = [Path(name).resolve() for name in sys.argv[1:]]
    runner.build(
        sources=sources,
        hdl_toplevel=TOP,
        parameters=PARAMETERS,
        build_dir=build,
        always=True,
        build_args=["-g2012"],
        timescale=("1ns", "1ps"),
    )
    results = runner.test(hdl_toplevel=TOP, test_module={test!r}, test_dir=FOLDER, build_dir=build)
    return int(get_results(results)[1] > 0)


if __name__ == "__main__":
    sys.exit(main())
'''

COCOTB_TEST = '''\
"""The cocotb test with cocotb-test, on the simulator that SIM names: DESIGN=your.sv pytest {file}"""

import os
from pathlib import Path

from cocotb_test.simulator import run

FOLDER = Path(__file__).resolve().parent


def {test}_passes():
    run(
        verilog_sources=[str(Path(name).resolve()) for name in os.environ["DESIGN"].split()],
        toplevel={top!r},
        module={test!r},
        parameters={parameters!r},
        python_search=[str(FOLDER)],
        sim_build=str(FOLDER / "sim_build"),
        timescale="1ns/1ps",
        force_compile=True,
    )
'''

MAKEFILE = """\
# make DESIGN=your.sv           self-checking Verilog, with Icarus
# make cocotb DESIGN=your.sv    the same checks with cocotb
.PHONY: bench cocotb clean
bench:
\tiverilog -g2012 -s tb_{name} -o {name}.vvp tb_{name}.v $(DESIGN)
\tvvp -n {name}.vvp | tee {name}.log
\t@tail -n 1 {name}.log | grep -qx PASSED
cocotb:
\tpython3 run_cocotb.py $(DESIGN)
clean:
\trm -rf sim_build {name}.vvp {name}.log
"""
