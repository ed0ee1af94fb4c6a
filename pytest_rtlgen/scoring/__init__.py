"""A benchmark's own bench or harness, played beside the checker's verdict."""
