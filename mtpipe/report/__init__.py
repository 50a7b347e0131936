"""Results as text for people and other programs; pure: values in, text out."""
