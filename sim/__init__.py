"""Core simulation engine: streams, kernel and the information-sharing steps."""
