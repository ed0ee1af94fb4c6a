"""Random macros and calls of them: what stands in a body, in a list of formals and in an argument."""

import random
from dataclasses import dataclass

from support.fuzzing.changes import pick

NAMES = ("a", "b", "c")
"""What the module of a generated text can read, one bit each."""
_OPERATORS = ("&", "|", "^", "&&", "||", "==", "!=", "+", "~^", ">>")
_STRINGS = (
    "plain",
    "a (b, c",
    "x)",
    "// none",
    "/* none */",
    "`none",
    "p + q",
    r"\" p \"",
    r"\\",
    r"\n\t%d",
    "50%% m",
    "'",
    "",
)
_COMMENTS = ("// p `none (", "/* q, ) */", "/* two\nlines */", '// "open', '/* " */', "// `define X", "// ends in \\")
_ESCAPED = (r"\a) ", r"\p+q ", r"\x,y ", '\\"z ', r"\b ", r"\wire ", "\\`m ", r"\// ", r"\a\b ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Macro:
    """A macro that is defined."""

    name: str
    formals: tuple[str, ...] | None
    """``None``: it takes no arguments and is called without brackets."""
    has_defaults: bool
    makes: str
    """``expression``, ``string``, ``name`` (a net that exists) or ``item`` (of a module)."""


class MacroWriter:
    """Writes definitions and calls; what it has defined can be called by what it writes next."""

    def __init__(self, rng: random.Random) -> None:
        self.macros: list[Macro] = []
        self.names: list[str] = list(NAMES)
        """Nets that exist."""
        self._rng = rng

    def define(self, name: str) -> str:
        """Return the text of a definition of ``name``, of a random form, one or several lines."""
        rng = self._rng
        makes = rng.choice(["expression"] * 4 + ["string", "string", "name", "item"])
        formals = None if rng.random() < 0.3 else tuple(pick(rng, ("p", "q", "a", "value"), rng.randint(1, 3)))
        if makes == "name" and formals is not None:
            formals = formals[:1]
        has_defaults = formals is not None and makes == "expression" and rng.random() < 0.3
        self.macros = [macro for macro in self.macros if macro.name != name]
        body = self._write_body(makes, formals or (), name)
        self.macros.append(Macro(name=name, formals=formals, has_defaults=has_defaults, makes=makes))
        return f"`define{self._blank()}{name}{self._write_formals(formals, has_defaults)} {body}{self._end_of_body()}\n"

    def forget(self, name: str) -> str:
        """Return the text that undefines ``name``."""
        self.macros = [macro for macro in self.macros if macro.name != name]
        return f"`undef {name}\n"

    def call(self, makes: str, depth: int = 0) -> str | None:
        """Return a call of a macro that makes ``makes``; ``None`` where there is none."""
        found = [macro for macro in self.macros if macro.makes == makes]
        if not found:
            return None
        macro = self._rng.choice(found)
        if macro.formals is None:
            return f"`{macro.name} "
        arguments = [self._write_argument(macro, depth) for _ in macro.formals]
        if macro.has_defaults and self._rng.random() < 0.4:
            arguments[self._rng.randrange(len(arguments))] = ""
        gap = self._rng.choice(["", "", "", " ", "\n  "])
        comma = self._rng.choice([",", ", ", " , ", ",\n    "])
        return f"`{macro.name}{gap}({comma.join(arguments)})"

    def write_expression(self, depth: int = 0) -> str:
        """Return an expression of what exists, some of it by macros."""
        rng = self._rng
        roll = rng.random()
        if depth < 3 and roll < 0.35:
            called = self.call("expression", depth + 1)
            return f"({called})" if called else rng.choice(self.names)
        if depth < 3 and roll < 0.6:
            left, right = self.write_expression(depth + 1), self.write_expression(depth + 1)
            return f"({left} {rng.choice(_OPERATORS)} {right})"
        if roll < 0.68:
            return f"{{1'b1, {rng.choice(self.names)}, {{2{{{rng.choice(self.names)}}}}}}}"
        if roll < 0.74:
            return rng.choice(["(`__LINE__ == 32'd9)", "(32'd7 < `__LINE__)"])
        if roll < 0.8:
            return rng.choice(["1'b1", "1 'b 0", "4'hA", "8'b1010_0101", "3 'o 7", "12'd0"])
        called = self.call("name", depth + 1) if roll < 0.88 else None
        return called or rng.choice(self.names)

    def write_string(self) -> str:
        """Return a string, or a call of a macro that makes one."""
        called = self.call("string") if self._rng.random() < 0.5 else None
        return called or f'"{self._rng.choice(_STRINGS)}"'

    def write_comment(self) -> str:
        """Return a comment; one to the line's end brings its end."""
        text = self._rng.choice(_COMMENTS)
        return f"{text}\n" if text.startswith("//") else text

    def new_escaped_name(self) -> str:
        """Return a name that has to be escaped, blank at its end included."""
        return self._rng.choice(_ESCAPED)

    def _write_body(self, makes: str, formals: tuple[str, ...], name: str) -> str:
        """Return a body, which calls only macros whose names come before ``name``, so that none calls itself."""
        rng = self._rng
        if makes == "string":
            formal = rng.choice(formals) if formals else "p"
            return rng.choice(
                [
                    f'`"{formal}`"',
                    f'`"<{formal}> `\\`"{formal}`\\`"`"',
                    f'"{formal}"',
                    f'"{formal} + {formal}"',
                    '"text"',
                ]
            )
        if makes == "name":
            return f"{formals[0]}``" if formals else rng.choice(self.names)
        if makes == "item":
            return f'always @(posedge b) $display("%b", {rng.choice([*formals, *NAMES])});'
        shown, self.macros = self.macros, [macro for macro in self.macros if macro.name < name]
        words = [*formals, *formals, *NAMES, "1'b1", self.write_expression(2)]
        self.macros = shown
        parts = [part for part in rng.choices(words, k=rng.randint(1, 4)) if "\n" not in part]
        join = [f" {rng.choice(_OPERATORS)}{self._body_gap()}" for _ in parts]
        return "(" + "".join(f"{part}{between}" for part, between in zip(parts, join, strict=True)) + "1'b0)"

    def _body_gap(self) -> str:
        return self._rng.choice([" ", " ", " ", " \\\n  ", " /* in */ ", "\t"])

    def _end_of_body(self) -> str:
        return self._rng.choice(["", "", "", " // after", " /* after */", "  \t", " \\\n"])

    def _write_formals(self, formals: tuple[str, ...] | None, has_defaults: bool) -> str:
        if formals is None:
            return ""
        gap = self._rng.choice([", ", ",", " , "])
        return f"({gap.join(f'{name} = {self._rng.choice(NAMES)}' if has_defaults else name for name in formals)})"

    def _write_argument(self, macro: Macro, depth: int) -> str:
        rng = self._rng
        if macro.makes == "name":
            return rng.choice(NAMES)
        if macro.makes == "string":
            return rng.choice(
                [
                    "plain",
                    '"quoted"',
                    '"a, b) (c"',
                    "(a, b)",
                    "[a, b]",
                    "\\a) ",
                    "a /* c */ b",
                    "a  b",
                    '"\\""',
                    "`__LINE__",
                ]
            )
        text = self.write_expression(depth + 1)
        return rng.choice([text, text, f"{text} /* , ) */", f"\n    {text}\n", f"({text})", f"{text} // , (\n"])

    def _blank(self) -> str:
        return self._rng.choice([" ", " ", "\t", "  "])
