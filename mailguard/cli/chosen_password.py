"""The password of an account: given on standard input, or made and printed."""

import argparse
import secrets
import sys


def takes_password(parser: argparse.ArgumentParser) -> None:
    """`--password-stdin`."""
    parser.add_argument(
        "--password-stdin", action="store_true", help="read it from standard input; else one is made and printed"
    )


def chosen_password(arguments: argparse.Namespace) -> str:
    """The password that was given, or one that is made and printed."""
    if arguments.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    made = secrets.token_urlsafe(15)
    print(f"password: {made}")
    return made
