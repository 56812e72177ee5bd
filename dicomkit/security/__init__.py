"""Security profiles (PS3.15)."""
