"""The command `interlace`: one file a subcommand, each thin over one library call."""

from __future__ import annotations

__all__ = ["main"]


def main() -> int:
    """Run the command; returns its exit code. Ctrl-C ends it cleanly, during imports too."""
    try:
        from interlace.cli.entry import run_command

        return run_command()
    except KeyboardInterrupt:
        import sys

        sys.stderr.write("\ninterlace: interrupted\n")
        return 130
