"""Views and metrics over GraphQL, by the names that they have everywhere."""
