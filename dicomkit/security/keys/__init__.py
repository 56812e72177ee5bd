"""Keys and certificates: where they come from, and signatures of digests with them."""
