"""What speaks for and against a machine-translated republication, measured apart from decided."""
