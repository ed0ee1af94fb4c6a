"""Servers that speak the dialects of OpenAI."""
