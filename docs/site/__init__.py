"""The documentation as a site: its pages, and those that are made from the code."""

from docs.site.staging import stage

__all__ = ["stage"]
