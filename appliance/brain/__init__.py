"""The process that holds the truth: one loop around the engine, the only writer of the database."""
