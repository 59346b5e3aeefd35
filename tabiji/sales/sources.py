"""What audiences may ask about sales."""
