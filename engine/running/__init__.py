"""How tokens move: steps, branches, scopes, repetition, waits, and what is thrown and caught."""
