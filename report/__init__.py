"""One HTML page that shows what the public views hold. It computes nothing."""
