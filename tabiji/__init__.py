"""Tabiji: an open, self-hosted customer-journey platform."""
