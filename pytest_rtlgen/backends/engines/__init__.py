"""Models in this process: vLLM and transformers."""
