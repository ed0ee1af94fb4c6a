"""A benchmark's own bench or harness, run beside the checker's verdict."""
