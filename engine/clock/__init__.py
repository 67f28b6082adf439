"""The legal clock: working time, the ledger of running and waiting, due dates and why they are what they are."""
