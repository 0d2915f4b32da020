"""A report for people to read: words, figures, one page, tables of several kinds."""
