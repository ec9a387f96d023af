"""A study's report as one HTML page that needs no network, and as CSV."""
