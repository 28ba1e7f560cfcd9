"""Pages: a plan, a run or a period as one HTML file that needs no network and no script, and prints well."""
