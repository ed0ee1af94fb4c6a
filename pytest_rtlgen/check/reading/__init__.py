"""Reading hostile text in processes that may hang or crash."""
