"""Runs when a Python of a harness starts, the simulator's too: seeds random numbers, finds the runner by its old name.

Harnesses draw random numbers without a seed (github.com/NVlabs/cvdp_benchmark issue 32), and those written for
cocotb 1 import ``cocotb.runner``, which is ``cocotb_tools.runner`` now.
"""

# ruff: noqa: INP001  found on their own path, as inside_simulator's are

import importlib
import os
import random
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

SEED = int(os.environ.get("COCOTB_RANDOM_SEED", "1"))


class _OldRunner(Loader):
    """Fills ``cocotb.runner`` with what ``cocotb_tools.runner`` holds."""

    def exec_module(self, module: ModuleType) -> None:
        found = vars(importlib.import_module("cocotb_tools.runner"))
        vars(module).update({name: value for name, value in found.items() if not name.startswith("__")})


class _SeededNumpy(Loader):
    """Seeds ``numpy.random`` as soon as it is loaded."""

    def __init__(self, real: Any) -> None:  # noqa: ANN401  any loader
        self._real = real

    def create_module(self, spec: ModuleSpec) -> Any:  # noqa: ANN401
        return self._real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._real.exec_module(module)
        vars(module)["seed"](SEED)


class _Finder(MetaPathFinder):
    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:  # noqa: ANN401
        if fullname == "cocotb.runner":
            return ModuleSpec(fullname, _OldRunner())
        if fullname != "numpy.random":
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None:
            spec.loader = _SeededNumpy(spec.loader)
        return spec


random.seed(SEED)
sys.meta_path.insert(0, _Finder())
