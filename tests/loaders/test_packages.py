"""What a harness would install: here, here in another version, missing and unused, or missing and needed."""

from importlib.metadata import version

import pytest

from pytest_rtlgen.loaders.packages import find_packages
from pytest_rtlgen.records import SourceFile

PYTEST, NUMPY = version("pytest"), version("numpy")
UNUSED = "the harness installs tiny-absent, which is not here and which none of its files imports"


def files_of(text: str = "import os\nimport cocotb.triggers\nfrom helper import x\n") -> tuple[SourceFile, ...]:
    return (
        SourceFile(name="src/test_a.py", text=text),
        SourceFile(name="src/helper.py", text="x = 1\n"),
        SourceFile(name="src/needed.txt", text="# first\npytest>=1 # any\n\ntiny-absent\n"),
    )


@pytest.mark.parametrize(
    ("words", "notes"),
    [
        ("pytest numpy", ()),
        (f"-q pytest=={PYTEST} --upgrade numpy>=1", ()),
        ("numpy==1.0 numpy==1.0", (f"the harness asks for numpy==1.0; {NUMPY} is here",)),
        ("pytest[argcomplete]<2", (f"the harness asks for pytest<2; {PYTEST} is here",)),
        ("tiny-absent", (UNUSED,)),
        ("-r /src/needed.txt", (UNUSED,)),
        ("tiny-absent;python_version<'3'", ()),
    ],
)
def test_what_is_here_runs_with_a_note_on_what_differs(words: str, notes: tuple[str, ...]) -> None:
    assert find_packages(words.split(), files_of()) == notes


@pytest.mark.parametrize(
    ("words", "text", "message"),
    [
        ("tiny-absent", "import tiny_absent\n", "installs the package 'tiny-absent', which is not here; pip install"),
        ("tiny-absent", "import other_name\n", "installs the package 'tiny-absent'"),
        ("tiny-absent==2", "x = __import__('tiny_' 'absent')\n", r"not here; pip install 'tiny-absent==2'"),
        ("tiny-absent", "print 'two'\n", "installs the package 'tiny-absent'"),
        ("pytest-tiny", "import os\n", "installs the package 'pytest-tiny'"),
        ("-i https://x y", "", "gives pip the option -i"),
        ("git+https://x/y", "", r"installs 'git\+https://x/y', which is no package's name"),
        ("y@https://x/y", "", "installs 'y' from an address"),
        ("-r /src/gone.txt", "", "installs from the file '/src/gone.txt'"),
        ("-r", "", "installs from the file ''"),
    ],
)
def test_what_cannot_be_had_is_named(words: str, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        find_packages(words.split(), files_of(text))
