"""The checker: a candidate and its problem in, a Verdict out.

Nothing is imported here: each of the checker's helper processes would load it all when it starts.
"""
