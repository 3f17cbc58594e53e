"""Lets ``python -m query`` stand in for the ``query`` script."""

from query.cli import main

main()
