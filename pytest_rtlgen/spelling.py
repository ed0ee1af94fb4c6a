"""What somebody may have meant by a word that is not known."""

from collections.abc import Iterable


def suggest(word: str, known: Iterable[str], end: str = "") -> str:
    """Return ``; did you mean X?`` with the most similar word of ``known`` and ``end``; empty where none is similar.

    >>> suggest("chek", ["check", "report"])
    '; did you mean check?'
    """
    import difflib

    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]}{end}?" if near else ""
