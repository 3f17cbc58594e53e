"""Lets ``python -m loader`` stand in for the ``loader`` script."""

from loader.cli import main

main()
