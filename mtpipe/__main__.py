"""``python -m mtpipe`` and the command ``mtpipe``: the command line."""

import sys

_INTERRUPTED = 130  # mtpipe.errors.INTERRUPTED, which may not be imported yet


def main() -> int:
    """Run the command line, which takes a moment to be imported; Ctrl-C ends that as well.

    Returns:
        The exit code, see :mod:`mtpipe.errors`.
    """
    try:
        from mtpipe.cli import main as run  # noqa: PLC0415 - see above

        return run()
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted\n")
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
