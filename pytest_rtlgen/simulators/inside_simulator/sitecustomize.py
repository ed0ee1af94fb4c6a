"""Runs when the simulator's Python starts: first the user's sitecustomize, then the job server if one is requested."""

import os
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec


def _run_shadowed() -> None:
    """Run the sitecustomize that this one hides, if there is one."""
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120  pathlib is not loaded yet at start-up
    spec = PathFinder.find_spec("sitecustomize", [path for path in sys.path if os.path.abspath(path) != here])  # noqa: PTH100
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(module_from_spec(spec))


_run_shadowed()
if "RTLGEN_SERVER_FD" in os.environ:
    from rtlgen_server import serve

    serve(int(os.environ.pop("RTLGEN_SERVER_FD")))
