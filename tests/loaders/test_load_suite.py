"""Which loader a suite's name chooses."""

from pathlib import Path

import pytest

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.loaders import load_suite


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "rtllm:somewhere",
            r"^rtllm:somewhere: neither a path nor a known format; did you mean rtllm-v2:\?; known are core:, ",
        ),
        ("gone:x", r"^gone:x: neither a path nor a known format; known are core:, cvdp:PATH, "),
        ("nowhere", r"^nowhere/suite\.toml: no such file; a suite is a folder with a suite\.toml"),
        ("verilog-eval-v2:nowhere", r"^nowhere: cannot be read: No such file or directory; expected"),
    ],
)
def test_a_name_that_leads_nowhere(spec: str, message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        load_suite(spec)


def test_a_folder_whose_name_holds_a_colon_is_a_path(tmp_path: Path) -> None:
    folder = tmp_path / "a:b"
    (folder / "inv").mkdir(parents=True)
    (folder / "suite.toml").write_text('format = 1\nname = "colon"\ntitle = "T"\n')
    (folder / "inv" / "problem.toml").write_text('title = "T"\ncategory = "x"\ndifficulty = "easy"\n')
    (folder / "inv" / "prompt.md").write_text("Invert.")
    (folder / "inv" / "reference.sv").write_text("module inv(input a, output y); assign y = ~a; endmodule")
    assert load_suite(str(folder)).name == "colon"
