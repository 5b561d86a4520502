"""Experiments: comparing policies, writing results, plots and the command line."""
