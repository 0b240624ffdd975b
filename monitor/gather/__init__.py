"""Brings mentions in: live rounds and backfills, with budgets, coverage and quarantine."""
