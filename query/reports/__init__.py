"""The public views as they are: filtered, sorted, page by page, in the format that is asked for."""
