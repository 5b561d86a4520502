"""Jobs: what the units of a Member State do. The agent is the state; a job is part of it."""
