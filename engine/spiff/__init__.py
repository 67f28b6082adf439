"""The library, made ours: its parsers making element classes with our meaning."""
