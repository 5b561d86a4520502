"""What analyses found, as tables on standard output."""
