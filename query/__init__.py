"""The way out: public views and metrics over HTTP, for assistants, and as alerts."""
