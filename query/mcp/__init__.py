"""For assistants: metrics and views as tools of the Model Context Protocol."""
