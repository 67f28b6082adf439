"""A province to try the platform in: units, officers, and dossiers whose histories the engine itself made."""
