"""From recordings and variants to a stimulus set on disk."""
