"""Commands and options that both `collector` and `query` have."""
