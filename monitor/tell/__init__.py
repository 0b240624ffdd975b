"""What people read: digests, answers, charts."""
