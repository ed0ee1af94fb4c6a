"""The services of a ``docker-compose.yml``, read from the part of YAML that such files are written in.

Mappings, lists, plain, quoted, folded and literal text; no anchors or tags, and no flow mapping
but an empty one. Nothing is expanded.

Source: yaml.org/spec/1.2.2, docs.docker.com/reference/compose-file/services.
"""

import json
import re
from dataclasses import dataclass
from typing import TypeAlias

from pytest_rtlgen.loaders.shell_script import split_words

Node: TypeAlias = "str | list[Node] | dict[str, Node] | None"
COMPOSE = "docker-compose.yml"
_KEY = re.compile(r"""([\w.<-]+|"[^"]*"|'[^']*')[ \t]*:(?:[ \t]+(.*))?$""")
_BLOCK = re.compile(r"([>|])[+-]?[ \t]*(?:#.*)?$")
_QUOTED = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'""", re.DOTALL)
_FLOW_ITEM = re.compile(rf"{_QUOTED.pattern}|[^,\s](?:[^,]*[^,\s])?", re.DOTALL)
_COMMENT = re.compile(r"(?:^|[ \t]+)#.*")
_UNREAD = re.compile(r"[&*!{%@`]")
"""What a text that is none starts with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One container that is run."""

    words: tuple[str, ...]
    """Entrypoint and command."""
    env_files: tuple[str, ...] = ()
    """Paths from the file's folder."""
    environment: tuple[tuple[str, str], ...] = ()


def read_services(text: str) -> tuple[Service, ...]:
    """Return the services that name a command, in the file's order.

    Raises:
        ValueError: the file cannot be read, or no service names a command; the message says what.
    """
    root = read_yaml(text)
    services = root.get("services") if isinstance(root, dict) else None
    found = [_read_service(name, value) for name, value in _items(services)]
    named = tuple(service for service in found if service.words)
    if not named:
        raise ValueError(f"{COMPOSE} is missing or names no command")
    return named


def read_yaml(text: str) -> Node:
    """Return what ``text`` holds; every scalar is text.

    Raises:
        ValueError: it is outside the part of YAML that is read.
    """
    return _Reader(text).read_all()


def _items(value: Node) -> list[tuple[str, Node]]:
    return list(value.items()) if isinstance(value, dict) else []


def _read_service(name: str, value: Node) -> Service:
    fields = dict(_items(value))
    odd = sorted(fields.keys() & {"extends", "<<"})
    if odd:
        raise ValueError(f"service {name!r} of {COMPOSE} takes its command from elsewhere ({odd[0]})")
    return Service(
        words=(*_read_words(name, fields.get("entrypoint")), *_read_words(name, fields.get("command"))),
        env_files=_read_list(name, "env_file", fields.get("env_file")),
        environment=_read_environment(name, fields.get("environment")),
    )


def _read_words(name: str, value: Node) -> tuple[str, ...]:
    """Return a command's words as Compose takes them: a text is split as a shell would, but no shell runs it."""
    if value is None or isinstance(value, str):
        return split_words(value or "")
    return _read_list(name, "command", value)


def _read_list(name: str, key: str, value: Node) -> tuple[str, ...]:
    found = [] if value is None else value if isinstance(value, list) else [value]
    texts = tuple(item for item in found if isinstance(item, str))
    if len(texts) != len(found):
        raise ValueError(f"{key!r} of service {name!r} of {COMPOSE} must be a text or a list of texts")
    return texts


def _read_environment(name: str, value: Node) -> tuple[tuple[str, str], ...]:
    """Return variables with their values; those that the machine's own environment would give are left out."""
    if isinstance(value, dict):
        return tuple((key, text) for key, text in value.items() if isinstance(text, str))
    pairs = [text.partition("=") for text in _read_list(name, "environment", value)]
    return tuple((key, text) for key, equals, text in pairs if equals)


class _Reader:
    """Reads lines from the first to the last."""

    def __init__(self, text: str) -> None:
        self._lines, self._at = text.splitlines(), 0

    def read_all(self) -> Node:
        first = self._peek()
        found = self._read_below(_indent(first)) if first is not None else None
        if self._peek() is not None:
            raise self._fail()
        return found

    def _fail(self) -> ValueError:
        return ValueError(f"{COMPOSE} line {self._at + 1} is in no form that is read here: {self._line().strip()!r}")

    def _line(self) -> str:
        return self._lines[min(self._at, len(self._lines) - 1)]

    def _peek(self) -> str | None:
        """Return the next line that is not blank, nor a comment or the mark of a document's start."""
        while self._at < len(self._lines):
            text = self._lines[self._at].strip()
            if text and not text.startswith("#") and text != "---":
                if self._lines[self._at].lstrip(" ")[0] == "\t":
                    raise self._fail()
                return self._lines[self._at]
            self._at += 1
        return None

    def _read_below(self, indent: int) -> Node:
        return self._read_items(indent) if _is_item(self._line()) else self._read_mapping(indent)

    def _read_mapping(self, indent: int) -> dict[str, Node]:
        found: dict[str, Node] = {}
        while (line := self._peek()) is not None and _indent(line) == indent and not _is_item(line):
            match = _KEY.match(line.strip())
            key = match[1].strip("\"'") if match else ""
            if match is None or key in found:
                raise self._fail()
            self._at += 1
            found[key] = self._read_value(match[2] or "", indent)
        return found

    def _read_items(self, indent: int) -> list[Node]:
        found: list[Node] = []
        while (line := self._peek()) is not None and _indent(line) == indent and _is_item(line):
            rest = line.strip()[1:].lstrip()
            if rest[:1] not in {'"', "'"} and _KEY.match(rest):
                inner = len(line.rstrip()) - len(rest)
                self._lines[self._at] = " " * inner + rest
                found.append(self._read_mapping(inner))
            else:
                self._at += 1
                found.append(self._read_value(rest, indent))
        return found

    def _read_value(self, rest: str, indent: int) -> Node:
        """Return what stands behind a key or a dash, with the deeper lines that belong to it."""
        text = _COMMENT.sub("", rest) if rest[:1] in {"", "#"} else rest.strip()
        block = _BLOCK.match(text)
        if block:
            return self._read_block(indent, is_folded=block[1] == ">")
        if not text:
            return self._read_lower(indent)
        if _COMMENT.sub("", text) == "{}":
            return {}
        if text[0] in "\"'[":
            return self._read_closed(text, indent)
        if _UNREAD.match(text):
            self._at -= 1
            raise self._fail()
        return " ".join([_COMMENT.sub("", text), *self._read_plain(indent)]).strip()

    def _read_lower(self, indent: int) -> Node:
        line = self._peek()
        if line is None or _indent(line) < indent or (_indent(line) == indent and not _is_item(line)):
            return None
        is_plain = not _is_item(line) and not _KEY.match(line.strip())
        if not is_plain:
            return self._read_below(_indent(line))
        self._at += 1
        return self._read_value(line.strip(), indent)

    def _read_plain(self, indent: int) -> list[str]:
        """Return the further lines of a text without quotes."""
        found = []
        while (line := self._peek()) is not None and _indent(line) > indent:
            if _KEY.match(line.strip()):
                raise self._fail()
            found.append(_COMMENT.sub("", line.strip()))
            self._at += 1
        return found

    def _read_closed(self, text: str, indent: int) -> Node:
        """Return a text in quotes, or a list in brackets, over as many lines as it has."""
        end = re.compile(rf"\[(?:{_QUOTED.pattern}|[^\]\"'])*\]" if text[0] == "[" else _QUOTED.pattern, re.DOTALL)
        while (found := end.match(text)) is None:
            if self._at >= len(self._lines) or (self._line().strip() and _indent(self._line()) <= indent):
                raise self._fail()
            text = f"{text} {self._line().strip()}"
            self._at += 1
        if _COMMENT.sub("", text[found.end() :]).strip():
            raise self._fail()
        if text[0] != "[":
            return _decode(found[0])
        return [_decode(item[0]) for item in _FLOW_ITEM.finditer(found[0][1:-1])]

    def _read_block(self, indent: int, *, is_folded: bool) -> str:
        lines = []
        while self._at < len(self._lines) and (not self._line().strip() or _indent(self._line()) > indent):
            lines.append(self._line().rstrip())
            self._at += 1
        base = min((_indent(line) for line in lines if line), default=0)
        text = "\n".join(line[base:] for line in lines).strip("\n")
        return _fold(text) if is_folded else text


def _fold(text: str) -> str:
    """Return ``text`` with its lines joined by blanks, save around those that are blank or deeper."""
    first, *others = lines = text.split("\n")
    found = first
    for last, line in zip(lines, others, strict=False):
        is_kept = line[:1] == " " or last[:1] == " "
        found += "\n" if not line else line if not last else f"\n{line}" if is_kept else f" {line}"
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _is_item(line: str) -> bool:
    text = line.strip()
    return text == "-" or text.startswith("- ")


def _decode(text: str) -> str:
    """Return a text without the quotes around it."""
    if text[0] == "'":
        return text[1:-1].replace("''", "'")
    if text[0] != '"':
        return text
    try:
        return str(json.loads(text, strict=False))
    except ValueError as error:
        raise ValueError(f"{COMPOSE} holds a text with an escape that is not read here: {text}") from error
