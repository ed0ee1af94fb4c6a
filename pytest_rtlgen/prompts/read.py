"""From options to a ``PromptStyle``: the one place that reads templates and VerilogEval's examples."""

from collections.abc import Iterable
from pathlib import Path

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.prompts import STYLES, PromptStyle, ShotsFile
from pytest_rtlgen.prompts.template import read_template
from pytest_rtlgen.prompts.verilog_eval import COMPLETE_TASK, SPEC_TASK
from pytest_rtlgen.records import Suite

_TASKS = {"verilog-eval-v2": SPEC_TASK, "verilog-eval-v2-complete": COMPLETE_TASK}
"""Task of each suite that has examples."""
_STYLE_TASKS = {"verilog-eval-v2-spec": {SPEC_TASK}, "verilog-eval-v2-complete": {COMPLETE_TASK}}
_STYLES_WITH_RULES = {"published", "verilog-eval-v2-spec"}


def read_style(prompt: str, *, shots: int = 0, has_rules: bool = False, suites: Iterable[Suite] = ()) -> PromptStyle:
    """Return the style that ``prompt`` names, one of ``STYLES`` or a template file, with the examples that it needs.

    The examples are ``scripts/verilog-example-prefix_<task>_<n>-shot.txt`` beside the dataset of each of ``suites``.

    Raises:
        UsageError: an unknown style, a template or example file that cannot be used, or shots or rules with a style
            that has none.
    """
    template = None if prompt in STYLES else _read_template_file(prompt)
    if has_rules and prompt not in _STYLES_WITH_RULES:
        allowed = " or ".join(sorted(_STYLES_WITH_RULES))
        raise UsageError(f"--rtlgen-rules: --rtlgen-prompt={prompt} has no rules; use {allowed}, or leave them out")
    examples = tuple(_read_examples(prompt, shots, suites)) if shots else ()
    return PromptStyle(name=prompt, shots=shots, examples=examples, has_rules=has_rules, template=template)


def _read_template_file(prompt: str) -> str:
    path = Path(prompt)
    if not path.is_file():
        raise UsageError(
            f"--rtlgen-prompt={prompt}: neither a style nor a file; choose one of {', '.join(STYLES)}, or name a "
            "template file"
        )
    return read_template(path)


def _read_examples(prompt: str, shots: int, suites: Iterable[Suite]) -> Iterable[ShotsFile]:
    """Yield the examples of each task that ``suites`` ask for in this style."""
    tasks = set(_TASKS.values()) if prompt == "published" else _STYLE_TASKS.get(prompt, set())
    found = {_TASKS[suite.name]: suite for suite in suites if _TASKS.get(suite.name) in tasks}
    if not found:
        raise UsageError(
            f"--rtlgen-shots={shots}: only VerilogEval v2 has examples; use --rtlgen-prompt=published with "
            f"{' or '.join(f'{name}:PATH' for name in _TASKS)}, or --rtlgen-shots=0"
        )
    for task in sorted(found):
        yield ShotsFile(task=task, text=_read_shots(task, shots, _find_folder(found[task])))


def _find_folder(suite: Suite) -> Path:
    """Return the dataset's folder, or the checkout's, as the user named it."""
    return Path(suite.path.removeprefix(f"{suite.name}:"))


def _read_shots(task: str, shots: int, folder: Path) -> str:
    name = f"scripts/verilog-example-prefix_{task}_{shots}-shot.txt"
    places = [folder / name, folder.absolute().parent / name]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise UsageError(
            f"{places[0]}: no such file, and none at {places[1]}; --rtlgen-shots={shots} reads it from a whole "
            "checkout of github.com/NVlabs/verilog-eval (rtlgen suites fetch verilog-eval-v2)"
        )
    try:
        return path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as UTF-8 text ({error}); get the file again") from error
