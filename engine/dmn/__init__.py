"""DMN: files of decisions, read into trees of FEEL and evaluated within a budget."""
