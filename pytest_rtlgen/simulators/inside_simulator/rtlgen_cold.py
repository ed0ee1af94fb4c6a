"""Run one job with cocotb's own runner, from start to end, in the current folder.

Exit status 0: the simulator ran (the trace file says how it went); 3: the design does not compile;
above 128: the simulator was killed by that signal.
"""

import os
import re
import sys

from cocotb_tools.runner import get_runner

COMPILE_FAILED = 3
SIGNAL_BASE = 128


def main() -> int:
    """Build and simulate ``wrapper.v`` with ``candidate.sv``."""
    top = os.environ["COCOTB_TOPLEVEL"]
    runner = get_runner("icarus")
    try:
        runner.build(sources=["wrapper.v", "candidate.sv"], hdl_toplevel=top, build_dir=".", always=True)
    except RuntimeError as error:
        print(error, file=sys.stderr)  # noqa: T201  this is the program's log
        return COMPILE_FAILED
    try:
        runner.test(test_module="rtlgen_play", hdl_toplevel=top, build_dir=".", test_dir=".", results_xml="results.xml")
    except RuntimeError as error:
        print(error, file=sys.stderr)  # noqa: T201
        killed = re.search(r"-(\d+)$", str(error))
        return SIGNAL_BASE + int(killed[1]) if killed else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
