"""Whom to trust: paths of certificates, what they may be used for, what was revoked (RFC 5280)."""
