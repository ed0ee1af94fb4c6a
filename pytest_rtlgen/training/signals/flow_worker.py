"""The process in which pyverilog reads hostile text: what flows to each output, beside our own reading.

Started by ``WorkerPool``: ``python -m pytest_rtlgen.training.signals.flow_worker FD``. A question is a text and the
name of its module; the answer is the two readings, ``None`` where one of the tools does not read the text.
"""

import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from pyverilog.dataflow.dataflow_analyzer import VerilogDataflowAnalyzer
from pyverilog.vparser.parser import VerilogParser

from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.tools.serve import serve
from pytest_rtlgen.verilog.canonical import read_canonical
from pytest_rtlgen.verilog.slicing import trace_outputs


class _Analyzer(VerilogDataflowAnalyzer):  # type: ignore[misc]  # it has no types
    """Reads a text that needs no preprocessor, with a parser that was made before: its tables take two seconds."""

    def __init__(self, text: str, top: str, parser: VerilogParser) -> None:
        self.parser = parser
        self.topmodule, self.noreorder, self.nobind = top, True, False
        self.terms: dict[Any, Any] = {}
        self.binddict: dict[Any, Any] = {}
        self.frametable = None
        self._text = text

    def preprocess(self) -> str:
        return self._text


class _Flows:
    def __init__(self) -> None:
        with tempfile.TemporaryDirectory() as folder:  # for its tables, of which it takes no notice afterwards
            self._parser = VerilogParser(outputdir=folder, debug=False)

    def answer(self, question: tuple[str, str]) -> list[dict[str, list[str]]] | None:
        """Return the inputs that each output depends on, as we and as pyverilog read it."""
        text, top = question
        if "\\" in text:  # an escaped name, which the canonical text spells otherwise
            return None
        try:
            ours = trace_outputs(text, top)
            theirs = self._trace(read_canonical(text).text, top)
        except BadReferenceError:
            return None
        except Exception:  # noqa: BLE001  it raises anything on what is no Verilog-2005, and has to be asked no more
            return None
        return [{name: sorted(inputs) for name, inputs in found.items()} for found in (ours, theirs)]

    def _trace(self, text: str, top: str) -> dict[str, set[str]]:
        analyzer = _Analyzer(text, top, self._parser)
        analyzer.generate()
        reads: dict[str, set[str]] = {}
        for name, binds in analyzer.getBinddict().items():
            found = reads.setdefault(str(name), set())
            for bind in binds:
                found.update(_list_names(bind.tree, set()))
                found.update(str(item) for item in (bind.getClockName(), bind.getResetName()) if item)
        kinds = {str(name): term.termtype for name, term in analyzer.getTerms().items()}
        own = {name: name.partition(".")[2] for name in kinds if name.count(".") == 1}
        return {
            own[name]: {own[item] for item in _reach(name, reads) if item in own and "Input" in kinds[item]}
            for name in own
            if "Output" in kinds[name]
        }


def _list_names(node: Any, seen: set[int]) -> Iterator[str]:  # noqa: ANN401  a tree of theirs
    """Yield the signals that an expression reads."""
    if isinstance(node, list | tuple):
        for item in node:
            yield from _list_names(item, seen)
    elif hasattr(node, "__dict__") and id(node) not in seen:
        seen.add(id(node))
        if type(node).__name__ == "DFTerminal":
            yield str(node.name)
        yield from _list_names(list(vars(node).values()), seen)


def _reach(name: str, reads: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        item = waiting.pop()
        if item not in seen:
            seen.add(item)
            waiting += reads.get(item, ())
    return seen


if __name__ == "__main__":
    serve(int(sys.argv[1]), _Flows().answer)
