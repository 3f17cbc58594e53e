"""What the servers share: tokens and JWTs, answers to errors, logs, and the way they run."""
