"""virada: carries a production PostgreSQL change from preparation to review."""

__version__ = "0.1.0"
