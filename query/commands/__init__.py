"""One module for each command: options in, one call of the core, an exit code out."""
