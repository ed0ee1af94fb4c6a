"""What optional libraries give (torch, TRL, verl, vLLM, Ray), which are not there where types are checked."""

from typing import Any, TypeAlias

Foreign: TypeAlias = Any
"""An object, class or module of such a library; a comment or the parameter's name says which."""
