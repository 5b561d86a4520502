"""Tests of changes of declared documents."""
