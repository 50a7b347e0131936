"""Child processes that hold the models, and what gives them their orders."""
