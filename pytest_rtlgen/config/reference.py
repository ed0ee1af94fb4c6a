"""The option table as a page for people."""

from pytest_rtlgen.config.option import Option
from pytest_rtlgen.config.table import OPTIONS

_HEAD = """# Options

Every option can be given on the command line, in pytest's ini file or in the environment. The command line wins over
the environment, that over the ini file, that over the preset (`--rtlgen-preset`), and that over the default. An option
that may be repeated is repeated on the command line; elsewhere its values stand on lines of their own or between
commas. Keys and passwords are never options: backends read them from the environment.

| command line | ini file | environment | default | meaning |
|---|---|---|---|---|
"""


def render_option_reference() -> str:
    """Return ``docs/reference/options.md``: one row an option, in the order of the table."""
    return _HEAD + "".join(_render_row(option) + "\n" for option in OPTIONS)


def _render_row(option: Option) -> str:
    value = "" if option.is_flag else f"={option.metavar}"
    value = f"[{value}]" if option.bare is not None else value
    spelling = f"{option.flag}{value}".replace("|", "\\|")
    choices = f" ({', '.join(f'`{choice}`' for choice in option.choices)})" if option.choices else ""
    repeatable = "; may be repeated" if option.is_repeatable else ""
    cells = (
        f"`{spelling}`",
        f"`{option.key}`",
        f"`{option.variable}`",
        option.default_text if option.default_text == "none" else f"`{option.default_text}`",
        f"{option.help}{choices}{repeatable}",
    )
    return "| " + " | ".join(cells) + " |"
