"""One module for each of the commands of ``query alerts`` that belong together."""
