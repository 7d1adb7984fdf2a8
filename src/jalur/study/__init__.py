"""What each notebook shows."""
