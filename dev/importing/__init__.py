"""Recordings from files into a patient's record, through the verbs that phones use."""
