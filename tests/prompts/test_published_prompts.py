"""Each published prompt style, literally and over whole benchmarks."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from benchmarks.prompt_digests import FOLDER, UPSTREAM, digest, list_ours, restate_spec
from builders import problem

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.prompts import STYLES, PromptStyle, render_prompt
from pytest_rtlgen.prompts.read import read_style
from pytest_rtlgen.records import CocotbHarness, Problem, SourceFile, Suite

FIXTURES = Path(__file__).parents[2] / "fixtures" / "benchmarks"
HEADER = "module top_module (\n\tinput a,\n\toutput y\n);\n"


def contents(asked: Problem, style: str | PromptStyle) -> list[str]:
    return [message.content for message in render_prompt(asked, style).messages]


SPEC = problem(suite="verilog-eval-v2", top="TopModule", description="\nPorts:\n\n - output y\n\nAlways 1.\n\n")
COMPLETE = problem(
    suite="verilog-eval-v2-complete",
    top="TopModule",
    description="\nAlways // 1.\n\nmodule TopModule (\n  output y\n);\n\n",
    header="\nmodule TopModule (\n  output y\n);\n\n",
)
V1 = problem(suite="verilog-eval-v1-human", top="top_module", description="Copy a to y.\nAt once.", header=HEADER)
SPEC_ASKED = (
    "\nQuestion:\nPorts:\n\n - output y\n\nAlways 1.\n\n"
    "Enclose your code with [BEGIN] and [DONE]. Only output the code snippet\nand do NOT output anything else.\n"
    "\nAnswer:\n"
)
PREFIX = (
    "\n// Implement the Verilog module based on the following description. Assume that signals are positive clock/clk "
    "triggered unless otherwise stated.\n"
)
USERS: Mapping[str, tuple[Problem, str]] = {
    "verilog-eval-v2-spec": (SPEC, SPEC_ASKED),
    "verilog-eval-v2-complete": (
        COMPLETE,
        PREFIX + "// \n// Always // 1.\n// \n\nmodule TopModule (\n  output y\n);\n",
    ),
    "verilog-eval-v1": (V1, f"{PREFIX}// Copy a to y.\n// At once.\n\n{HEADER}"),
    "codev-r1": (SPEC, "Question:\nPorts:\n\n - output y\n\nAlways 1.\n\nAnswer:\n"),
    "spec2rtl": (
        SPEC,
        "Generate synthesizable Verilog RTL for the following specification.\n\n## Specification\n" + SPEC.description,
    ),
    "rtllm": (SPEC, SPEC.description),
    "salv": (V1, f"Copy a to y.\nAt once.\n{HEADER}"),
    "completion": (V1, f"// Copy a to y.\n// At once.\n\n{HEADER}"),
    "published": (SPEC, SPEC_ASKED),
}


@pytest.mark.parametrize("style", USERS)
def test_the_users_message_of_each_style(style: str) -> None:
    asked, expected = USERS[style]
    assert contents(asked, style)[-1] == expected


def test_codev_r1_takes_the_comment_marks_out_and_names_the_header() -> None:
    assert contents(COMPLETE, "codev-r1")[-1] == (
        "Implement the Verilog module based on the following description. Assume that signals are positive clock/clk "
        "triggered unless otherwise stated.\n \n Always  1.\nThe module head should be: \n\nmodule TopModule (\n"
        "  output y\n);\n"
    )
    assert contents(V1, "codev-r1")[-1] == f"Copy a to y.\nAt once.The module head should be:\n{HEADER}"


def test_codev_r1_is_trained_with_the_papers_system_message_and_evaluated_with_the_scripts() -> None:
    (trained, asked), (evaluated, same) = contents(V1, "codev-r1-training"), contents(V1, "codev-r1")
    assert asked == same
    assert trained.endswith("i.e., <answer> ```verilog\n module top_module(in, out, ...) ... ``` </answer>.\n")
    assert evaluated.endswith("i.e., <answer> ```verilog\n module top_module(in, out, ...); ... ``` </answer>.\n")
    assert len(evaluated) == len(trained) + 1


def test_a_completion_says_the_header_once_and_ends_in_it() -> None:
    assert contents(COMPLETE, "completion") == ["// Always // 1.\n\nmodule TopModule (\n  output y\n);\n"]
    with pytest.raises(UsageError, match="test/counter: has no header to complete"):
        render_prompt(problem(), "completion")


def test_rules_follow_the_specification_and_precede_the_markers() -> None:
    (_, asked) = contents(SPEC, PromptStyle(name="verilog-eval-v2-spec", has_rules=True))
    assert asked.startswith("\nQuestion:\nPorts:\n\n - output y\n\nAlways 1.\n\nHere are some additional rules")
    assert "   sensitivity list of any sequential always block.\n\nEnclose your code with [BEGIN]" in asked


def test_cvdp_shows_the_given_files_and_names_the_requested_one() -> None:
    asked = problem(
        suite="cvdp",
        category="cid016",
        description="Fix it.",
        given=(SourceFile(name="rtl/a.sv", text="module a; endmodule"),),
        harness=CocotbHarness(files=(), targets=("rtl/a.sv",)),
    )
    system, user = contents(asked, "cvdp")
    assert system.startswith("You are a helpful assistance.\nConsider that you have a folder structure")
    assert system.endswith(
        "structure.\n\nYou are solving an 'RTL Debugging and Bug Fixing' problem. To solve this problem "
        "correctly, you should only respond with the RTL code that is debugged and fixed to address "
        "the bug.\n"
    )
    assert user == (
        "\nConsider the following content for the file rtl/a.sv:\n```\nmodule a; endmodule\n```"
        "\nProvide me one answer for this request: Fix it.\n"
        "Please provide your response as plain text without any JSON formatting. Your response will be saved directly "
        "to: rtl/a.sv.\n"
    )


def test_a_suite_of_the_user_has_no_published_prompt() -> None:
    with pytest.raises(UsageError, match="--rtlgen-prompt=published: test has no published prompt"):
        render_prompt(problem(), "published")


def a_checkout(folder: Path, shots: str) -> Suite:
    (folder / "scripts").mkdir(parents=True)
    (folder / "scripts" / "verilog-example-prefix_spec-to-rtl_2-shot.txt").write_text(shots)
    return Suite(name="verilog-eval-v2", title="t", path=f"verilog-eval-v2:{folder}/data", digest="0", problems=(SPEC,))


def test_shots_are_read_beside_the_dataset_and_are_part_of_what_the_style_is(tmp_path: Path) -> None:
    suite = a_checkout(tmp_path, "Question:\nexample\n")
    style = read_style("published", shots=2, suites=[suite])
    assert contents(SPEC, style)[-1] == "Question:\nexample\n" + SPEC_ASKED
    other = read_style("published", shots=2, suites=[a_checkout(tmp_path / "other", "another")])
    assert str(style).startswith("published shots=2 spec-to-rtl:sha256:")
    assert str(style) != str(other)
    with pytest.raises(UsageError, match=r"spec-to-rtl_3-shot\.txt: no such file, and none at .*suites fetch"):
        read_style("published", shots=3, suites=[suite])
    with pytest.raises(UsageError, match="--rtlgen-shots=2: only VerilogEval v2 has examples"):
        read_style("chat", shots=2, suites=[suite])


def test_a_template_is_filled_in_one_pass_and_named_by_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("{top}|{header}|{description}|{carry}")
    style = read_style(str(path))
    assert contents(problem(description="say {top}"), style) == ["counter||say {top}|{carry}"]
    before = str(style)
    path.write_text("{description}!")
    assert before.startswith(f"{path} sha256:")
    assert str(read_style(str(path))) != before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\n{descripton}", r"mine\.txt:2: \{descripton\} is no placeholder; write \{description\}"),
        (b"a\n{Header} {description}", r"mine\.txt:2: \{Header\} is no placeholder; write \{header\}"),
        (b"only {top}", r"mine\.txt:1: the template has no \{description\}"),
        (b"{description}\n\xff", r"mine\.txt:2: not UTF-8"),
    ],
)
def test_a_bad_template_is_refused_with_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "mine.txt").write_bytes(content)
    with pytest.raises(UsageError, match=message):
        read_style(str(tmp_path / "mine.txt"))


def test_neither_a_style_nor_a_file() -> None:
    with pytest.raises(UsageError, match=f"--rtlgen-prompt=haiku: neither a style nor a file.*{', '.join(STYLES)}"):
        read_style("haiku")
    with pytest.raises(UsageError, match="--rtlgen-rules: --rtlgen-prompt=chat has no rules"):
        read_style("chat", has_rules=True)


@pytest.mark.parametrize("suite", ["verilog-eval-v2", "verilog-eval-v2-complete"])
def test_the_fixtures_are_asked_as_published(suite: str) -> None:
    for asked in load_suite(f"{suite}:{FIXTURES / suite}").problems:
        style = "verilog-eval-v2-spec" if suite == "verilog-eval-v2" else suite
        assert render_prompt(asked, "published") == render_prompt(asked, style)


@pytest.mark.skipif(not FOLDER.is_dir(), reason="needs the benchmarks beside the repository")
@pytest.mark.parametrize(("suite", "style"), UPSTREAM)
def test_whole_benchmarks_are_asked_as_the_authors_scripts_ask(suite: str, style: str) -> None:
    assert digest(list_ours(suite, style, FOLDER)) == UPSTREAM[suite, style]


@pytest.mark.skipif(not FOLDER.is_dir(), reason="needs the benchmarks beside the repository")
def test_the_restatement_of_all_156_specifications_gives_the_same_digest() -> None:
    assert digest(restate_spec(FOLDER)) == UPSTREAM["verilog-eval-v2", "verilog-eval-v2-spec"]
