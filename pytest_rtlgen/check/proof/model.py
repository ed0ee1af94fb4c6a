"""Two designs as one sequential model, and a proof per output. Runs in a process of its own: an error ends it.

Yosys reads both designs and joins them; ``xprop`` writes every bit as a pair (value, is it X), so nothing about
undefined values is left to a solver's choice; ABC sweeps the result (``scorr``) and decides what is left (``pdr``).

What the model says: from the state after reset (or power-up, where registers without a value are X), for every input
sequence of any length, each output bit that is known in the gold design is known and the same in the gate design.
All inputs are X during that reset, so that nothing can be told from them; but where the gold design keeps values from
power-up it is played zeros, as X in it would excuse anything.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_rtlgen.check.holds import render_holds
from pytest_rtlgen.check.proof.text import (
    Ports,
    neutralise,
    read_decided,
    read_frames,
    read_map,
    read_outputs,
    render_assumed_instance,
    render_cycles,
    render_rows,
    render_top,
)
from pytest_rtlgen.errors import InnerError
from pytest_rtlgen.simulators.inside_simulator.rtlgen_yosys import READ, read_rows, render_witness
from pytest_rtlgen.verilog.simulator_only import find_simulator_only
from pytest_rtlgen.verilog.tristate import resolve_inouts

_WORDS = "not pos neg and or xor xnor reduce_and reduce_or reduce_xor reduce_xnor reduce_bool shl shr sshl sshr shift"
_WORDS += " shiftx lt le eq ne eqx nex ge gt add sub mul div mod divfloor modfloor pow logic_not logic_and logic_or"
_WORDS += " mux pmux bmux demux bweqx bwmux concat slice lut sop alu macc macc_v2 fa lcu buf"
_COMBINATIONAL = frozenset(f"${word}" for word in _WORDS.split())
_CLOCKED = frozenset({"$dff", "$dffe", "$sdff", "$sdffe", "$sdffce"})
_OTHER_STATE = frozenset(
    {"$adff", "$adffe", "$aldff", "$aldffe", "$dffsr", "$dffsre", "$dlatch", "$adlatch", "$dlatchsr", "$sr"}
)
_MOST_STATE_BITS = 6000
_READ = (
    *("proc", "flatten", "opt_expr -keepdc", "opt_clean", "memory_collect", "memory_map -keepdc", "opt_expr -keepdc"),
    *("opt_dff -keepdc -nodffe -nosdff", "techmap -map +/pmux2mux.v", "opt_expr -keepdc", "opt_clean"),
)
_UNDRIVEN = "setundef -undriven -undef"
"""What nothing drives is X: the model's file has no word for it."""
_MAP = (
    *(
        "hierarchy -top rtlgen_top",
        "proc",
        "flatten",
        "opt_clean -purge",
        "dffunmap",
        "opt_merge -share_all",
    ),
    *("xprop -assume-def-inputs -required", "delete t:$assume", "opt_clean -purge", "techmap", "opt_expr"),
    *(
        "opt_merge -share_all",
        "opt_clean -purge",
        "dffunmap",
        "aigmap",
        "formalff -anyinit2ff -fine",
        "opt_clean -purge",
        "write_aiger -zinit -L -map model.map model.aig",
        "write_aiger -zinit -L -symbols named.aig",  # ABC refuses some of these names
    ),
)


class NotModelledError(InnerError):
    """Nothing can be said about these designs; the message says why."""


def prove(question: Mapping[str, Any]) -> dict[str, Any]:
    """Return what can be said about two designs, using files in the current folder.

    Keys of ``question``: ``gold`` and ``gate`` (texts), ``gold_top``, ``gate_top``, ``inputs`` and ``outputs`` ([name,
    width]), ``clocks`` (names), ``prefix`` (rows that lead to the first state, or empty), ``blurred`` (the same with
    every input ``x`` but clocks and resets), ``start`` (input values, by name, at the end of it), ``assumed`` (text of
    module ``rtlgen_assumed``, empty without assumptions), ``assumed_inputs`` (its inputs), ``holds``
    ([name, cycles, width] of slow inputs), ``edge`` (when an active edge comes), ``play`` (sides to simulate
    with ``rows``), ``is_open`` (whether the gold design leaves outputs undriven, so that the gate design may),
    ``seconds``.

    The answer: ``proved`` output names; ``refuted``: by output name, the rows to play after the prefix that show it;
    ``played``: four-state output rows by side.

    Raises:
        NotModelledError: one of the designs holds what the model does not know.
    """
    question = {**question, **{side: resolve_inouts(question[side]) for side in ("gold", "gate")}}
    for side in ("gold", "gate"):
        if found := find_simulator_only(question[side]):
            raise NotModelledError(f"the {side} design has what only a simulator gives a meaning: {found}")
    model = _Model(question)
    played = {side: model.play(side) for side in question["play"]}
    model.join()
    return {**model.solve(), "played": played}


class _Model:
    def __init__(self, question: Mapping[str, Any]) -> None:
        from pyosys import libyosys

        self._design = libyosys.Design()
        self._abc = str(Path(libyosys.__file__).with_name("yosys-abc"))
        self._question = question
        self._inputs: Ports = [(name, width) for name, width in question["inputs"]]
        self._outputs: Ports = [(name, width) for name, width in question["outputs"]]
        clocks: Sequence[str] = question["clocks"]
        gold, gate = self._read("gold"), self._read("gate")
        edges = gold.list_edges(clocks) | gate.list_edges(clocks)
        self._starts = {"gold": "prefix" if gold.has_initial_values else "blurred", "gate": "blurred"}
        self._is_sampled = len(edges) > 1 or None in edges
        self._only_clock = next((edge[0] for edge in edges if edge), "")

    def play(self, side: str) -> str:
        """Return the output rows of one side under the question's stimulus, four-state."""
        self._write_witness(self._question["rows"])
        self._run(f"design -load {side}")
        self._run(f"sim -r rows.yw -vcd {side}.vcd {side}")
        with Path(f"{side}.vcd").open(encoding="ascii") as vcd:
            return "".join(read_rows(vcd, [list(port) for port in self._outputs], self._question["steps"]))

    def join(self) -> None:
        """Write the joint model as ``model.aig``: an output bit is 1 where gold is known and gate differs."""
        for side in ("gold", "gate"):
            self._run(f"design -load {side}")
            if self._question["prefix"]:
                self._write_witness(self._question[self._starts[side]])
                self._run(f"sim -r rows.yw -w {side}")
            if self._is_sampled:
                self._run(f"clk2fflogic {side}")
            self._run(f"design -stash {side}")
        self._run("design -reset")
        for side in ("gold", "gate"):
            self._run(f"design -copy-from {side} -as {side} {side}")
        self._run("miter -equiv -ignore_gold_x -make_outcmp gold gate rtlgen_miter")
        clocks = self._question["clocks"] if self._is_sampled else None
        top = render_top(self._inputs, self._outputs, clocks, self._question["start"], self._assume())
        Path("top.sv").write_text(top, encoding="utf-8")
        self._run("read_verilog -sv top.sv")
        for command in _MAP:
            self._run(command)

    def _assume(self) -> tuple[Sequence[str], str] | None:
        """Return what ``render_top`` needs of assumptions; ``None``: there are none."""
        question = self._question
        parts = []
        if question["assumed"]:
            Path("assumed.sv").write_text(question["assumed"], encoding="utf-8")
            self._run("read_slang --top rtlgen_assumed assumed.sv")
            parts.append(render_assumed_instance(question["assumed_inputs"]))
        if question["holds"]:
            edge = question["edge"] if self._is_sampled else None
            parts.append(render_holds(question["holds"], question["start"], edge))
        if not parts:
            return None
        return [line for lines, _ in parts for line in lines], " & ".join(f"({held})" for _, held in parts)

    def solve(self) -> dict[str, Any]:
        """Return the outputs that ABC proves and refutes, and how to see one refuted."""
        script = f"read_aiger model.aig; scorr; pdr -a -T {self._question['seconds']} -X cex"
        log = _run_tool([self._abc, "-c", script], Path("abc.log"))
        proved, refuted = read_decided(log)
        numbers = read_outputs(Path("named.aig").read_bytes())
        return {
            "proved": [self._outputs[number][0] for number in sorted(numbers[index] for index in proved)],
            "refuted": self._render_counterexamples(refuted, numbers),
        }

    def _render_counterexamples(self, refuted: Iterable[int], numbers: Mapping[int, int]) -> dict[str, str]:
        names = read_map(Path("model.map").read_text("utf-8"))
        found = {}
        for index in sorted(refuted):
            witness = Path(f"cex{index}.aiw")
            if witness.exists():
                found[self._outputs[numbers[index]][0]] = self._render(
                    read_frames(witness.read_text(encoding="ascii"), names)
                )
        return found

    def _render(self, frames: Sequence[Mapping[str, str]]) -> str:
        start = self._question["start"]
        if self._is_sampled:
            return "".join(render_rows(frames, self._inputs, self._question["clocks"], start))
        return "".join(render_cycles(frames, self._inputs, self._only_clock, start))

    def _read(self, side: str) -> "_Netlist":
        Path(f"{side}.sv").write_bytes(neutralise(self._question[side]).encode("utf-8", "replace"))
        top = self._question[f"{side}_top"]
        self._run(f"{READ} {top} {side}.sv")
        for command in _READ:
            self._run(command)
        self._run(f"rename {top} {side}")
        if side == "gold" or self._question["is_open"]:
            self._run(_UNDRIVEN)
        if side == "gate":
            self._run("check -assert")  # nothing else would show two drivers that Yosys merges
        self._run(f"write_json {side}.json")
        self._run(f"design -stash {side}")
        module = json.loads(Path(f"{side}.json").read_text(encoding="utf-8"))["modules"][side]
        netlist = _Netlist(cells=tuple(module["cells"].values()), ports=module["ports"], nets=module["netnames"])
        netlist.require_modelled(side)
        if netlist.has_initial_values and self._question["prefix"] and "gate" not in self._question["play"]:
            raise NotModelledError(f"the {side} design has initial values, so what comes before its reset matters too")
        return netlist

    def _write_witness(self, rows: str) -> None:
        ports = [list(port) for port in self._inputs]
        Path("rows.yw").write_text(render_witness(ports, rows), encoding="ascii")

    def _run(self, command: str) -> None:
        self._design.run_pass(f"tee -q -a yosys.log {command}")


@dataclass(frozen=True, slots=True)
class _Netlist:
    cells: tuple[Mapping[str, Any], ...]
    """As in Yosys' JSON: ``type``, ``parameters``, ``connections`` (port to bit numbers)."""
    ports: Mapping[str, Any]
    nets: Mapping[str, Any]

    def require_modelled(self, side: str) -> None:
        """Raise NotModelledError for cells without a model, and for too much state."""
        if odd := {cell["type"] for cell in self.cells} - _COMBINATIONAL - _CLOCKED - _OTHER_STATE:
            raise NotModelledError(f"the {side} design has {', '.join(sorted(odd)[:3])}, which proofs do not model")
        state = sum(len(cell["connections"]["Q"]) for cell in self.cells if "Q" in cell["connections"])
        if state > _MOST_STATE_BITS:
            raise NotModelledError(f"the {side} design has {state} bits of state, more than {_MOST_STATE_BITS}")

    @property
    def has_initial_values(self) -> bool:
        """Whether any register is known at power-up."""
        return any("init" in net["attributes"] for net in self.nets.values())

    def list_edges(self, clocks: Sequence[str]) -> set[tuple[str, str] | None]:
        """Return the (clock, polarity) that registers listen to; ``None`` stands for anything less simple."""
        inputs = {self.ports[name]["bits"][0]: name for name in clocks}
        edges: set[tuple[str, str] | None] = set()
        for cell in self.cells:
            pins = dict(cell["connections"])
            if cell["type"] in _CLOCKED:
                name = inputs.get(pins.pop("CLK")[0])
                edges.add((name, cell["parameters"]["CLK_POLARITY"]) if name else None)
            if cell["type"] in _OTHER_STATE or any(bit in inputs for bits in pins.values() for bit in bits):
                edges.add(None)
        outputs = (port["bits"] for port in self.ports.values() if port["direction"] == "output")
        if any(bit in inputs for bits in outputs for bit in bits):
            edges.add(None)
        return edges


def _run_tool(argv: list[str], log: Path) -> str:
    """Return what a program prints; its time is limited by its own options and by whoever waits for this process."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    opening = [(os.POSIX_SPAWN_OPEN, number, str(log), flags, 0o600) for number in (1, 2)]
    os.waitpid(os.posix_spawn(argv[0], argv, {}, file_actions=opening), 0)
    return log.read_text(encoding="utf-8", errors="replace")
