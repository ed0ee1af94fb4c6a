"""Two designs as one sequential model, an output of which is 1 where the designs differ.

Yosys reads each design and maps it to gates apart from the other, so that a reference is mapped once for all that is
compared with it; ``xprop`` writes every bit as a pair (value, is it X), so nothing about undefined values is left to a
solver's choice. The two graphs are joined (``aig.py``), and ABC decides (``solver.py``).

What the model says: from the state after reset (or power-up, where registers without a value are X), for every input
sequence of any length, each output bit that is known in the gold design is known and the same in the gate design.
All inputs are X during that reset, so that nothing can be told from them; but where the gold design keeps values from
power-up it is driven with zeros, as X in it would excuse anything.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_rtlgen.check.holds import render_holds
from pytest_rtlgen.check.proof.aig import TRUE, Aig, Bit, Joint, read_aig
from pytest_rtlgen.check.proof.narrow import DIVISIONS, narrow_divisions
from pytest_rtlgen.check.proof.text import CHOICE_BITS, Ports, neutralise, render_assumed_instance, render_top
from pytest_rtlgen.errors import InnerError
from pytest_rtlgen.simulators.inside_simulator.rtlgen_yosys import READ, read_rows, render_witness
from pytest_rtlgen.verilog.simulator_only import find_simulator_only
from pytest_rtlgen.verilog.tristate import resolve_inouts

if TYPE_CHECKING:
    from pyosys.libyosys import Module

_WORDS = "not pos neg and or xor xnor reduce_and reduce_or reduce_xor reduce_xnor reduce_bool shl shr sshl sshr shift"
_WORDS += " shiftx lt le eq ne eqx nex ge gt add sub mul div mod divfloor modfloor pow logic_not logic_and logic_or"
_WORDS += " mux pmux bmux demux bweqx bwmux concat slice lut sop alu macc macc_v2 fa lcu buf"
_COMBINATIONAL = frozenset(f"${word}" for word in _WORDS.split())
_CLOCKED = frozenset({"$dff", "$dffe", "$sdff", "$sdffe", "$sdffce"})
_OTHER_STATE = frozenset(
    {"$adff", "$adffe", "$aldff", "$aldffe", "$dffsr", "$dffsre", "$dlatch", "$adlatch", "$dlatchsr", "$sr"}
)
_MOST_STATE_BITS = 6000
_TECHMAP, _PMUX = "rtlgen_techmap", "rtlgen_pmux"
"""Yosys' own rules, read once (``load_rules``): reading them takes longer than their use."""
_RIPPLED = " ".join(f"t:${word} %d" for word in ("add", "sub", "lt", "le", "gt", "ge"))
"""What ``aigmap`` maps by itself, in ripple form, which is faster and resembles more of what designs write out."""
_READ = (
    *("proc", "flatten", "opt_expr -keepdc", "opt_clean", "memory_collect", "memory_map -keepdc", "opt_expr -keepdc"),
    *("opt_dff -keepdc -nodffe -nosdff", f"techmap -map %{_PMUX}", "opt_expr -keepdc", "opt_clean"),
)
_UNDRIVEN = "setundef -undriven -undef"
"""What nothing drives is X: the model's file has no word for it."""
_MERGE = ("opt_merge -share_all", "opt_clean -purge")
_SPLIT = ("xprop -assume-def-inputs -required -split-outputs", "delete t:$assume", "opt_clean -purge")
_SHRINK = ("opt_expr -fine", "wreduce", "opt_clean")
_GATES = (
    *("simplemap", f"techmap -map %{_TECHMAP} t:* {_RIPPLED}"),
    f"techmap -map %{_TECHMAP} t:$fa t:$lcu t:$alu t:$macc t:$macc_v2",  # what a product became
    "dffunmap",
    "aigmap",
)
_MAP_TOP = ("hierarchy -top rtlgen_top", "proc", "flatten", "opt_clean", *_GATES)
_WRITE = "write_aiger -zinit -symbols {0}.aig"


class NotModelledError(InnerError):
    """Nothing can be said about these designs; the message says why."""


def load_rules() -> None:
    """Read what maps designs to gates, for this process and its forks."""
    from pyosys import libyosys

    design = libyosys.Design()
    for name, file in ((_TECHMAP, "techmap.v"), (_PMUX, "pmux2mux.v")):
        design.run_pass(f"tee -q -o /dev/null read_verilog -icells -nooverwrite -noblackbox +/{file}")
        design.run_pass(f"tee -q -o /dev/null design -stash {name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What is in ``model.aig``."""

    inputs: Sequence[Bit | None]
    outputs: Sequence[str]
    """The design's outputs, in the order of the model's."""
    is_sampled: bool
    """Whether a step moves one clock or the other inputs; otherwise it is a cycle of ``clock``."""
    clock: str


class Model:
    """A gold design, and whatever gate design is put beside it; files are written in the current folder.

    Keys of ``about``: ``gold`` (text), ``gold_top``, ``inputs`` and ``outputs`` ([name, width]), ``clocks`` (names),
    ``prefix`` (rows that lead to the first state, or empty), ``blurred`` (the same with every input ``x`` but clocks
    and resets), ``start`` (input values, by name, at the end of it), ``assumed`` (text of module ``rtlgen_assumed``,
    empty without assumptions), ``assumed_inputs`` (its inputs), ``holds`` ([name, cycles, width] of slow inputs),
    ``edge`` (when an active edge comes), ``is_open`` (whether the gold design leaves outputs undriven, so that the gate
    design may).

    Raises:
        NotModelledError: the gold design holds what the model does not know.
    """

    def __init__(self, about: Mapping[str, Any]) -> None:
        self._about = about
        self._designs: list[Any] = []
        self._inputs: Ports = [(name, width) for name, width in about["inputs"]]
        self._outputs: Ports = [(name, width) for name, width in about["outputs"]]
        self._gold = self._read("gold", about["gold"], about["gold_top"])
        self._edges = self._gold.list_edges(about["clocks"])
        self._starts = {"gold": "prefix" if self._gold.has_initial_values else "blurred", "gate": "blurred"}
        self._is_sampled = _needs_sampling(self._edges)
        self._mapped = self._map("gold", self._gold, is_sampled=self._is_sampled)

    def join(self, question: Mapping[str, Any]) -> tuple[Joined, dict[str, str]]:
        """Write the joint model with a gate design; return what it is, and the rows that were asked for, by side.

        Keys of ``question``: ``gate`` (text), ``gate_top``, ``refuses_two_drivers`` (whether two drivers are an error),
        ``simulate`` (sides, with ``rows``, for ``steps``).
        The rows are the outputs', four-state. The model is for a process that ends with the question.

        Raises:
            NotModelledError: the gate design holds what the model does not know.
        """
        gate = self._read(
            "gate", question["gate"], question["gate_top"], refuses_two_drivers=question["refuses_two_drivers"]
        )
        if self._about["prefix"] and "gate" not in question["simulate"]:
            self._gold.refuse_initial_values("gold")
            gate.refuse_initial_values("gate")
        simulated = {side: self._simulate(side, question) for side in question["simulate"]}
        edges = self._edges | gate.list_edges(self._about["clocks"])
        is_sampled = _needs_sampling(edges)
        if is_sampled != self._is_sampled:
            self._mapped = self._map("gold", self._gold, is_sampled=is_sampled)
        inputs, data = self._join(self._map("gate", gate, is_sampled=is_sampled), is_sampled=is_sampled)
        Path("model.aig").write_bytes(data)
        clock = next((edge[0] for edge in edges if edge), "")
        names = [name for name, _ in self._outputs]
        return Joined(inputs=inputs, outputs=names, is_sampled=is_sampled, clock=clock), simulated

    def _simulate(self, side: str, question: Mapping[str, Any]) -> str:
        self._write_witness(question["rows"])
        self._run(f"design -load {side}")
        self._run(f"sim -r rows.yw -vcd {side}.vcd {side}")
        with Path(f"{side}.vcd").open(encoding="ascii") as vcd:
            return "".join(read_rows(vcd, [list(port) for port in self._outputs], question["steps"]))

    def _map(self, side: str, netlist: "_Netlist", *, is_sampled: bool) -> Aig:
        """Return a design from its first state on: output ``N`` is ``oN_d``, its value, and ``oN_x``, whether X."""
        self._run(f"design -load {side}")
        if self._about["prefix"]:
            self._write_witness(self._about[self._starts[side]])
            self._run(f"sim -r rows.yw -w {side}")
        if is_sampled:
            self._run(f"clk2fflogic {side}")
        for command in _MERGE:
            self._run(command)
        self._rename_ports(side, netlist.prefix)
        for command in _SPLIT:
            self._run(command)
        for _ in netlist.list_divisions():  # each may feed the next
            for command in _SHRINK:
                self._run(command)
            if not narrow_divisions(self._find_module(side)):
                break
        return self._write_aig(side, (*_GATES, "formalff -anyinit2ff -fine"), netlist.prefix)

    def _find_module(self, side: str) -> "Module":
        from pyosys import libyosys

        return self._designs[-1].module(libyosys.IdString(f"\\{side}"))

    def _rename_ports(self, side: str, prefix: str) -> None:
        """Name ports by number, with a ``prefix`` that keeps the names free that ``xprop`` makes of them."""
        from pyosys import libyosys

        module = self._find_module(side)
        for letter, ports in (("i", self._inputs), ("o", self._outputs)):
            for number, (name, _) in enumerate(ports):
                module.rename(libyosys.IdString(f"\\{name}"), libyosys.IdString(f"\\{prefix}{letter}{number}"))
        module.fixup_ports()

    def _write_aig(self, name: str, commands: Iterable[str], prefix: str = "") -> Aig:
        for command in commands:
            self._run(command)
        self._run(_WRITE.format(name))
        return read_aig(Path(f"{name}.aig").read_bytes(), prefix)

    def _join(self, gate: Aig, *, is_sampled: bool) -> tuple[Sequence[Bit | None], bytes]:
        """Return the joint model's inputs, ``free_NAME`` and ``choose``, and its file."""
        top = self._make_top(is_sampled=is_sampled)
        names = {
            (f"i{n}", bit): (f"free_{name}", bit)
            for n, (name, width) in enumerate(self._inputs)
            for bit in range(width)
        }
        if top is not None:
            names |= {("choose", bit): ("choose", bit) for bit in range(CHOICE_BITS)}
        joint = Joint.of([self._mapped, gate, *([] if top is None else [top])], list(names.values()))
        free = joint.list_free()
        values = {port: free[name] for port, name in names.items()}
        counts = TRUE
        if top is not None:
            shown = joint.add(top, values)
            counts = shown.get(("counts", 0), TRUE)
            values = {(name.replace("o", "i"), bit): literal for (name, bit), literal in shown.items()}
        gold, other = joint.add(self._mapped, values), joint.add(gate, values)
        bad = [
            joint.conjoin(counts, joint.find_difference(gold, other, f"o{number}", width))
            for number, (_, width) in enumerate(self._outputs)
        ]
        return joint.inputs, joint.write(bad)

    def _make_top(self, *, is_sampled: bool) -> Aig | None:
        """Return what turns the model's free inputs into those of both designs; ``None``: nothing need be."""
        assumption = self._assume(is_sampled=is_sampled)
        if not is_sampled and assumption is None:
            return None
        clocks = self._about["clocks"] if is_sampled else None
        text = render_top(self._inputs, clocks, self._about["start"], assumption)
        Path("top.sv").write_text(text, encoding="utf-8")
        self._run("read_verilog -sv top.sv")
        return self._write_aig("top", _MAP_TOP)

    def _assume(self, *, is_sampled: bool) -> tuple[Sequence[str], str] | None:
        """Return what ``render_top`` needs of assumptions; ``None``: there are none."""
        about = self._about
        parts = []
        self._begin()
        if about["assumed"]:
            Path("assumed.sv").write_text(about["assumed"], encoding="utf-8")
            self._run("read_slang --top rtlgen_assumed assumed.sv")
            parts.append(render_assumed_instance(about["assumed_inputs"]))
        if about["holds"]:
            edge = about["edge"] if is_sampled else None
            parts.append(render_holds(about["holds"], about["start"], edge))
        if not parts:
            return None
        return [line for lines, _ in parts for line in lines], " & ".join(f"({held})" for _, held in parts)

    def _read(self, side: str, text: str, top: str, *, refuses_two_drivers: bool = False) -> "_Netlist":
        text = resolve_inouts(text)
        if found := find_simulator_only(text):
            raise NotModelledError(f"the {side} design has what only a simulator gives a meaning: {found}")
        Path(f"{side}.sv").write_bytes(neutralise(text).encode("utf-8", "replace"))
        self._begin()
        self._run(f"{READ} {top} {side}.sv")
        for command in _READ:
            self._run(command)
        self._run(f"rename {top} {side}")
        if side == "gold" or self._about["is_open"]:
            self._run(_UNDRIVEN)
        if refuses_two_drivers:
            self._run("check -assert")  # nothing else would show two drivers that Yosys merges
        self._run(f"write_json {side}.json")
        self._run(f"design -stash {side}")
        module = json.loads(Path(f"{side}.json").read_text(encoding="utf-8"))["modules"][side]
        netlist = _Netlist(cells=module["cells"], ports=module["ports"], nets=module["netnames"])
        netlist.require_modelled(side)
        netlist.require_ports(side, self._inputs, self._outputs)
        return netlist

    def _begin(self) -> None:
        """Go on with an empty design; what was read before stays, as taking it apart takes longer than its use."""
        from pyosys import libyosys

        self._designs.append(libyosys.Design())

    def _write_witness(self, rows: str) -> None:
        ports = [list(port) for port in self._inputs]
        Path("rows.yw").write_text(render_witness(ports, rows), encoding="ascii")

    def _run(self, command: str) -> None:
        self._designs[-1].run_pass(f"tee -q -a yosys.log {command}")


def _needs_sampling(edges: set[tuple[str, str] | None]) -> bool:
    return len(edges) > 1 or None in edges


@dataclass(frozen=True, slots=True)
class _Netlist:
    """As in Yosys' JSON."""

    cells: Mapping[str, Mapping[str, Any]]
    """``type``, ``parameters``, ``connections`` (port to bit numbers) by name."""
    ports: Mapping[str, Any]
    nets: Mapping[str, Any]

    def require_modelled(self, side: str) -> None:
        """Raise NotModelledError for cells without a model, and for too much state."""
        if odd := {cell["type"] for cell in self.cells.values()} - _COMBINATIONAL - _CLOCKED - _OTHER_STATE:
            raise NotModelledError(f"the {side} design has {', '.join(sorted(odd)[:3])}, which proofs do not model")
        state = sum(len(cell["connections"]["Q"]) for cell in self.cells.values() if "Q" in cell["connections"])
        if state > _MOST_STATE_BITS:
            raise NotModelledError(f"the {side} design has {state} bits of state, more than {_MOST_STATE_BITS}")

    def require_ports(self, side: str, inputs: Ports, outputs: Ports) -> None:
        """Raise NotModelledError unless the ports are these."""
        given = {(name, len(port["bits"]), port["direction"]) for name, port in self.ports.items()}
        expected = {
            (name, width, word) for word, ports in (("input", inputs), ("output", outputs)) for name, width in ports
        }
        if given != expected:
            raise NotModelledError(f"the {side} design has other ports as Yosys reads it")

    def list_divisions(self) -> list[str]:
        """Return the cells that divide."""
        return [name for name, cell in self.cells.items() if cell["type"] in DIVISIONS]

    def refuse_initial_values(self, side: str) -> None:
        """Raise NotModelledError where a register is known at power-up."""
        if self.has_initial_values:
            raise NotModelledError(f"the {side} design has initial values, so what comes before its reset matters too")

    @property
    def prefix(self) -> str:
        """A word with which no name in it begins."""
        prefix = "rtlgen"
        while any(name.startswith(prefix) for name in (*self.nets, *self.cells)):
            prefix += "_"
        return prefix

    @property
    def has_initial_values(self) -> bool:
        """Whether any register is known at power-up."""
        return any("init" in net["attributes"] for net in self.nets.values())

    def list_edges(self, clocks: Sequence[str]) -> set[tuple[str, str] | None]:
        """Return the (clock, polarity) that registers listen to; ``None`` stands for anything less simple."""
        inputs = {self.ports[name]["bits"][0]: name for name in clocks}
        edges: set[tuple[str, str] | None] = set()
        for cell in self.cells.values():
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
