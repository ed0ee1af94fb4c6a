"""Designs that the command line's tests share, and the type of the fixture that starts it."""

import subprocess
from collections.abc import Callable

GOLDEN = "module inv (input a, output y, output n);\n  assign y = ~a;\n  assign n = a;\nendmodule\n"
WRONG = GOLDEN.replace("n = a", "n = y")
BROKEN = "module inv (input a, output y);\n  assign y = ;\nendmodule\n"
SUITE = {"inv": GOLDEN, "zero": "module zero (input a, output y);\n  assign y = a & ~a;\nendmodule\n"}

Cli = Callable[..., "subprocess.CompletedProcess[str]"]
