"""Foreign text made harmless and short: a candidate must not write to anyone's terminal through a message."""


def escape_controls(text: str) -> str:
    r"""Return ``text`` on one line, with every character that is not printable spelt out, such as ``\x1b`` or ``\n``.

    That covers control characters, line separators, direction marks and lone surrogates.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def clip_text(text: str, most: int) -> str:
    """Return ``escape_controls(text)`` in at most ``most`` characters; ``...`` at the end shows that there was more."""
    shown = escape_controls(text[: most + 1])
    return shown if len(shown) <= most else shown[: most - 3] + "..."
