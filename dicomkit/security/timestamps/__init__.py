"""Certified time-stamps: queries, responses, tokens, and authorities that are asked over HTTP (RFC 3161)."""
