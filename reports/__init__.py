"""The report: one result in, one self-contained page and its tables out."""
