"""The process engine: pure decisions about dossiers."""
