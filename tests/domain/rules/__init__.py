"""Tests of the clinical rules."""
