"""The commands on a real Slurm of one machine, started and stopped by the tests."""
