"""Running dossiers that go over to another published version of their procedure."""
