"""Repositories of base backups that other programs keep: how each is asked."""
