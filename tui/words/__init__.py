"""Codes, facts and sentences put into a person's words; whoever shows something reads it from here."""
