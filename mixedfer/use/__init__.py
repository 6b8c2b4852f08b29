"""What comes beside studies and after them: labels for faces that have none, trained arms at work."""
