"""Compose files: the forms of YAML that are read, and those that are refused by name."""

import pytest

from pytest_rtlgen.loaders.compose import Node, Service, read_services, read_yaml


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1 # one\nb  : 'it''s' # two\nc: \"x\\\"#y\"\n", {"a": "1", "b": "it's", "c": 'x"#y'}),
        ("a:\n  - x:/y:ro # z\n  - 'b: c'\n", {"a": ["x:/y:ro", "b: c"]}),
        ("a:\n- x\n-  y\nb: z", {"a": ["x", "y"], "b": "z"}),
        ("a:\n  - b: 1\n    c: 2\n  - b: 3\n", {"a": [{"b": "1", "c": "2"}, {"b": "3"}]}),
        ("a: [\"x, y\", z, 'w'] # list\nb: []\n", {"a": ["x, y", "z", "w"], "b": []}),
        ('a: [x,\n    "y"]\nb: 1\n', {"a": ["x", "y"], "b": "1"}),
        ("a: >\n  one\n  two\n\n  three\nb: 1\n", {"a": "one two\nthree", "b": "1"}),
        ("a: >-\n  one\n    deeper\n  two\n", {"a": "one\n  deeper\ntwo"}),
        ("a: |\n  one # kept\n  two\n", {"a": "one # kept\ntwo"}),
        ("a: one\n  two # gone\nb:\n  three\n  four\n", {"a": "one two", "b": "three four"}),
        ('a: "one\n  two"\n', {"a": "one two"}),
        ("---\n# c\na:\n\n  # c\n  b:\nc: 1", {"a": {"b": None}, "c": "1"}),
        ("", None),
    ],
)
def test_yaml_is_read(text: str, expected: Node) -> None:
    assert read_yaml(text) == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: *b\n", 1),
        ("a: &b c\n", 1),
        ("a: {b: c}\n", 1),
        ("a: 1\na: 2\n", 2),
        ("a: 1\n  b: 2\n", 2),
        ("a:\n    b: 1\n  c: 2\n", 3),
        ("a:\n\tb: 1\n", 2),
        ("a: 'open\nb: 1\n", 2),
        ('a: "x" y\n', 2),
        ("a: 1\nplain\n", 2),
    ],
)
def test_what_is_not_read_is_named_by_its_line(text: str, line: int) -> None:
    with pytest.raises(ValueError, match=rf"docker-compose\.yml line {line} is in no form that is read here"):
        read_yaml(text)


def test_services_have_their_words_and_settings() -> None:
    text = (
        "services:\n  one:\n    entrypoint: sh -c\n    command: ['pytest a']\n    env_file: a.env\n"
        "  two:\n    command: pytest 'x y'\n    env_file: [b.env, c.env]\n    environment:\n      - A=1=2\n      - B\n"
        "  three:\n    image: x\n  four:\n    command:\n      - pytest\n    environment:\n      A: x\n      B:\n"
    )
    assert read_services(text) == (
        Service(words=("sh", "-c", "pytest a"), env_files=("a.env",)),
        Service(words=("pytest", "x y"), env_files=("b.env", "c.env"), environment=(("A", "1=2"),)),
        Service(words=("pytest",), environment=(("A", "x"),)),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("services: {} # none\n", "missing or names no command"),
        ("services:\n", "missing or names no command"),
        ("other: 1\n", "missing or names no command"),
        ("services:\n  a:\n    extends: b\n", r"service 'a' .* takes its command from elsewhere \(extends\)"),
        ("services:\n  a:\n    command:\n      b: c\n", "'command' of service 'a' .* must be a text or a list"),
        ("services:\n  a:\n    command: x\n    env_file:\n      - path: b\n", "'env_file' of service 'a' .* must be"),
        ("services:\n  a:\n    command: pytest a && pytest b\n", "has '&&', which needs a shell around it"),
        ("services:\n  a:\n    command: pytest 'a\n", "cannot be split into words"),
        ('services:\n  a:\n    command: ["\\q"]\n', "an escape that is not read here"),
    ],
)
def test_services_that_are_not_read_are_told(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_services(text)
