"""What the commands print in a terminal of 80 columns is what is kept in ``golden``, and nothing in it wraps.

``GOLDEN_UPDATE=1 pytest tests/cli/test_eighty_columns.py`` writes the files anew; look at the difference.
"""

import os
import re
from pathlib import Path

import pytest
from support.page_shell import run_shell

GOLDEN = Path(__file__).parent / "golden"
FIXTURES = Path(__file__).parents[2] / "fixtures"
CORE = (
    "pytest --rtlgen-suite=core: --rtlgen-model=replay:core -q -k 'fifo_fwft or alu_8' --rtlgen-out=runs "
    "--rtlgen-formal=off"
)
COMMANDS = {
    "pytest": f"{CORE} --rtlgen-n=5 --rtlgen-k=1,5 --rtlgen-save=five --rtlgen-require='pass@1>=0.9'",
    "report": "rtlgen report runs/five --k 1,5",
    "show": "rtlgen show runs/five alu_8_flags 2 | sed -n '/--- verdict/,$p'",  # a prompt is shown as it is
    "compare": f"{CORE} --rtlgen-n=3 --rtlgen-save=three > three.txt; rtlgen compare five three --out runs --unlike",
    "history": "rtlgen history runs",
    "synth": "rtlgen synth runs/three --ppa-estimate",
    "gate": f"{CORE} --rtlgen-n=5 --rtlgen-gate='pass@1>=0.05' --rtlgen-gate='syntax@1>=0.95' --rtlgen-save=gated",
    "best-of": "rtlgen best-of runs/five runs/three",
    "selfcheck": "rtlgen selfcheck suite",
    "suites": "rtlgen suites",
    "help": "rtlgen --help",
    "mistakes": "rtlgen shwo; rtlgen report run/five; rtlgen check --reference a.sv; rtlgen report five --require=pas",
}
CHANGING = (
    (r"\d+\.\d s\b|\d+ min \d\d s", "TIME"),
    (r"( in )\d+\.\d+s(?: \(\d.*\))?$", r"\1TIME"),
    (r"20\d\d-\d\d-\d\d", "DATE"),
    (r" +\d+\.\d\d(?=  ok)", "  0.00"),
    (r"^looked in .*$", "looked in FOLDER"),
)


@pytest.mark.slow
@pytest.mark.simulator
def test_every_command_prints_what_is_kept_and_nothing_wraps(tmp_path: Path) -> None:
    (tmp_path / "suite").symlink_to(FIXTURES / "own_benches")
    found, wide = {}, list[str]()
    for name, command in COMMANDS.items():
        text = run_shell(command, tmp_path, timeout_s=300)
        lines = [line for line in text.splitlines() if not line.startswith("error: ") and str(tmp_path) not in line]
        wide += [f"{name}: {line}" for line in lines if len(line) > 80]
        for pattern, plain in CHANGING:
            text = re.sub(pattern, plain, text, flags=re.MULTILINE)
        found[name] = text.replace(str(tmp_path), "FOLDER")
    assert wide == []
    if os.environ.get("GOLDEN_UPDATE"):
        for name, text in found.items():
            (GOLDEN / f"{name}.txt").write_text(text)
    assert found == {name: (GOLDEN / f"{name}.txt").read_text() for name in COMMANDS}
