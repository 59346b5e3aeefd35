"""Builders for tests: a named cast, and journeys that read like sentences."""
