"""Recruiting and paying participants."""
