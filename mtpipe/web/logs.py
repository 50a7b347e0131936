"""The server's log on standard error, which nothing out of a request can steer a terminal by."""

import logging

__all__ = ["log_to_stderr"]

_KEPT = "\n\t"


class _Printable(logging.Formatter):
    """Lines and tracebacks as usual, without control characters."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return "".join(char if char.isprintable() or char in _KEPT else "\ufffd" for char in text)


def log_to_stderr(
    logger: logging.Logger, form: str = "%(asctime)s %(levelname)s %(message)s"
) -> None:
    """Have a logger write to standard error, and nowhere else.

    Args:
        logger: whose level decides what is written.
        form: of the lines.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_Printable(form))
    logger.handlers = [handler]
    logger.propagate = False
