"""Builds of the views by dbt, which is imported only when one is run."""
