"""A model that mends one error a turn, a reference whose text can be told from its, and a run to repair."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from builders import problem

from pytest_rtlgen.backends import Backend, Deliver, GenerationRequest
from pytest_rtlgen.config.parsed import RepairBudget
from pytest_rtlgen.evaluation.generate import generate_completions
from pytest_rtlgen.evaluation.judge import Judge
from pytest_rtlgen.evaluation.repair import RepairPlan
from pytest_rtlgen.records import (
    Completion,
    FinishReason,
    Problem,
    Prompt,
    Role,
    RunSettings,
    SamplingParams,
    TokenUsage,
)
from pytest_rtlgen.storage import RunStore

REFERENCE = """\
module counter (input clk, input rst, input en, output reg [3:0] q, output wrap);
  // golden: no model may read this
  localparam [3:0] GOLDEN_LAST = 4'd11;
  wire golden_end = (q == GOLDEN_LAST);
  assign wrap = golden_end;
  always @(posedge clk) begin
    if (rst) q <= 4'd0;
    else if (en) q <= golden_end ? 4'd0 : q + 4'd1;
  end
endmodule
"""
RIGHT = """\
module counter(input clk, input rst, input en, output reg [3:0] q, output wrap);
  always @(posedge clk)
    if (rst) q <= 0;
    else if (en) begin
      if (wrap) q <= 0; else q <= q + 1;
    end
  assign wrap = &{q[3], ~q[2], q[1:0]};
endmodule
"""
WRONG = RIGHT.replace("q + 1", "q + 2")
OTHER_PORTS = WRONG.replace("output wrap", "output wrapped").replace("wrap =", "wrapped =").replace("(wrap)", "(0)")
NO_SYNTAX = OTHER_PORTS.replace("q <= 0;\n    else", "q <= 0\n    else", 1)
COUNTER = problem(REFERENCE, description="Write module counter, which counts from 0 to 11 while en is high.")

Answer = Callable[[GenerationRequest, int], str]
"""(request, turn) -> text."""


def fence(source: str) -> str:
    return f"Here it is.\n```verilog\n{source}```\n"


def mend_one_a_turn(request: GenerationRequest, turn: int) -> str:
    del request
    return fence([NO_SYNTAX, OTHER_PORTS, WRONG, RIGHT][turn])


class Scripted:
    """Answers as a function says, remembers every prompt, and ends after ``most`` answers."""

    def __init__(self, answer: Answer, *, name: str = "scripted:", most: int = 10_000) -> None:
        self.name = name
        self.prompts: list[Prompt] = []
        self.asked: list[tuple[str, int, int]] = []
        """(problem, index, turn) of each answer given."""
        self.calls = 0
        self.finish_reason = FinishReason.STOP
        self._answer = answer
        self._most = most

    def generate(self, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver) -> None:
        del sampling
        self.calls += 1
        for request in requests:
            for index in request.indices:
                if len(self.asked) == self._most:
                    raise KeyboardInterrupt
                turn = sum(message.role is Role.ASSISTANT for message in request.prompt.messages)
                self.prompts.append(request.prompt)
                self.asked.append((request.problem.problem_id, index, turn))
                deliver(
                    Completion(
                        key=request.key(index),
                        text=self._answer(request, turn),
                        model="scripted",
                        finish_reason=self.finish_reason,
                        usage=TokenUsage(prompt=100, completion=10),
                        prompt_digest=request.prompt.digest,
                    )
                )


def plan(generator: Backend, *, n: int = 1, reflector: Backend | None = None, **changes: Any) -> RepairPlan:
    fields: dict[str, Any] = {
        "budget": RepairBudget(compile=3, simulate=4),
        "generator": generator,
        "reflector": reflector,
        "sampling": SamplingParams(n=n),
        "style": "chat",
    }
    return RepairPlan(**{**fields, **changes})


def start(
    folder: Path, judge: Judge, generator: Scripted, *, n: int = 1, problems: Sequence[Problem] = (COUNTER,)
) -> RunStore:
    """Return a run with the first answers."""
    sampling = SamplingParams(n=n)
    settings = RunSettings(
        model="scripted:",
        suites=(("test", "ab"),),
        sampling=sampling,
        prompt="chat",
        simulator="icarus",
        repair="compile:3,simulate:4",
    )
    store = RunStore.create(folder, settings, judge.describe(), problems)
    generate_completions(problems, backend=generator, sampling=sampling, store=store, style="chat")
    return store
