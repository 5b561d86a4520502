"""How Sphinx builds the site from the pages that docs.site has put together."""

from importlib.metadata import version as _version

project = "fivesteps"
author = "The fivesteps contributors"
version = release = _version("fivesteps")
html_title = f"fivesteps {release}"

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 6
suppress_warnings = ["myst.header"]  # sections of the ODD page leave out a level
smartquotes = False
highlight_language = "none"

html_theme = "furo"
html_copy_source = False
html_show_sourcelink = False
html_static_path = ["static"]
html_css_files = ["wide.css"]

linkcheck_timeout = 20
linkcheck_workers = 2
