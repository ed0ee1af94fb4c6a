"""A small suite with recorded answers, in a folder of its own."""

from pathlib import Path

import pytest
from plugin.conftest import ANSWERS, SUITE


@pytest.fixture
def mini(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the small suite and its recorded answers, and go to their folder."""
    monkeypatch.chdir(tmp_path)
    for name, (reference, category, difficulty) in SUITE.items():
        problem, answers = tmp_path / "mini" / name, tmp_path / "answers" / name
        problem.mkdir(parents=True)
        answers.mkdir(parents=True)
        facts = f'title = "{name}"\ncategory = "{category}"\ndifficulty = "{difficulty}"\n'
        (problem / "problem.toml").write_text(facts)
        (problem / "prompt.md").write_text(f"Write module {name}.\n")
        (problem / "reference.sv").write_text(reference)
        for index, text in enumerate(ANSWERS[name]):
            (answers / f"{index}-answer.md").write_text(f"```verilog\n{text}```\n" if "module" in text else text)
    (tmp_path / "mini" / "suite.toml").write_text('format = 1\nname = "mini"\ntitle = "Three small problems"\n')
    return tmp_path / "mini"
