"""The chats: answers without their reasoning, and never longer than a model can read."""

from builders import problem

from pytest_rtlgen.evaluation.repair.history import Exchange, History
from pytest_rtlgen.evaluation.repair.messages import (
    MOST_ANSWER,
    MOST_HISTORY,
    make_reflector_prompt,
    make_repair_prompt,
)
from pytest_rtlgen.prompts import render_prompt
from pytest_rtlgen.records import (
    Candidate,
    Completion,
    Feedback,
    Method,
    RepairKind,
    Role,
    SampleKey,
    SampleResult,
    Status,
    Verdict,
)

KEY = SampleKey(suite="test", problem_id="counter", index=0)
PROBLEM = problem()
BASE = render_prompt(PROBLEM)


def answered(text: str, status: Status = Status.SYNTAX_ERROR) -> SampleResult:
    return SampleResult(
        completion=Completion(key=KEY, text=text, model="m"),
        candidate=Candidate(source="", rule="none"),
        verdict=Verdict(status=status, method=Method.SCREEN),
    )


def told(text: str) -> Exchange:
    return Exchange(feedback=Feedback(key=KEY, kind=RepairKind.COMPILE, text=text))


def chat(*results: SampleResult) -> list[str]:
    exchanges = tuple(told(f"found {number}") for number in range(len(results)))
    history = History(problem=PROBLEM, results=results, exchanges=exchanges[:-1])
    prompt = make_repair_prompt(BASE, history, exchanges[-1])
    assert prompt.messages[: len(BASE.messages)] == BASE.messages
    rest = prompt.messages[len(BASE.messages) :]
    assert [message.role for message in rest] == [Role.ASSISTANT, Role.USER] * (len(rest) // 2)
    assert prompt.digest != BASE.digest
    return [message.content for message in rest]


def test_reasoning_is_not_sent_back() -> None:
    assert chat(answered("<think>long</think>module m; endmodule"))[0] == "module m; endmodule"


def test_an_empty_answer_is_a_message_all_the_same() -> None:
    assert chat(answered(" \n"))[0] == "(no answer)"


def test_an_answer_without_code_is_asked_for_code() -> None:
    assert chat(answered("No.", Status.NO_CODE))[1] == "found 0\n\nWrite the whole module, in one ```verilog block."


def test_a_long_answer_is_cut() -> None:
    assert len(chat(answered("x" * 100_000))[0]) < MOST_ANSWER + 20


def test_the_oldest_answers_give_way_and_the_last_stays() -> None:
    texts = [str(number) * MOST_ANSWER for number in range(8)]
    contents = chat(*map(answered, texts))
    assert sum(map(len, contents)) <= MOST_HISTORY
    assert contents[-2] == texts[-1]
    assert len(contents) == 2 * 2
    assert contents[-1].startswith("found 7")


def test_a_fresh_start_holds_the_task_and_what_was_found_and_no_answer() -> None:
    results = tuple(answered(f"module m{number};") for number in range(4))
    history = History(problem=PROBLEM, results=results, exchanges=tuple(told(f"found {at}") for at in range(3)))
    prompt = make_repair_prompt(BASE, history, told("found 3"), start=4)
    assert prompt.messages[:-1] == BASE.messages[:-1]
    text = prompt.messages[-1].content
    assert text.startswith(f"{BASE.messages[-1].content}\n\nSeveral answers to this failed a check")
    assert text.endswith("found in the last of them:\n\nfound 3")
    assert "module m" not in text.removeprefix(BASE.messages[-1].content)


def test_after_a_fresh_start_earlier_answers_are_gone() -> None:
    results = tuple(answered(f"module m{number};") for number in range(6))
    history = History(problem=PROBLEM, results=results, exchanges=tuple(told(f"found {at}") for at in range(5)))
    rest = make_repair_prompt(BASE, history, told("found 5"), start=4).messages[len(BASE.messages) :]
    assert [message.content.splitlines()[0] for message in rest] == ["module m4;", "found 4", "module m5;", "found 5"]


def test_a_reflector_reads_task_answer_and_findings() -> None:
    history = History(problem=PROBLEM, results=(answered("module m;"),))
    text = make_reflector_prompt(BASE, history, "line 1: no end").messages[0].content
    assert "Do not write the module yourself." in text
    assert text.partition("\n\n")[2].startswith(f"# Task\n\n{BASE.messages[0].content}")
    assert text.endswith("# Answer\n\nmodule m;\n\n# What the check found\n\nline 1: no end")
