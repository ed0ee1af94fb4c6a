"""A run as one HTML file that needs no network: ``rtlgen report RUN --html FILE``.

``page/`` holds what the browser reads.
"""
