"""Tests of the routes of messages."""
