"""Watches what people say about brands."""

__version__ = "0.1.0"
