"""Labelled synthetic heart patients: the same seed gives the same bytes."""
