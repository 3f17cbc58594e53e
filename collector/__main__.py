"""Lets ``python -m collector`` stand in for the ``collector`` script."""

from collector.cli import main

main()
