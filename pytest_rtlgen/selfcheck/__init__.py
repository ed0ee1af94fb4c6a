"""A suite judged: its references, what its stimulus tells apart, and what its benches let pass."""
