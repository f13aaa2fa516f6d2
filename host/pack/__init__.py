"""Packs: recorded feeds, decoded once and kept in columns."""
