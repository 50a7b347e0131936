"""What the commands call: each module connects packages that don't know each other."""
