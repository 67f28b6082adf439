"""The platform's command line; `python3 run.py <command>` ends here."""
