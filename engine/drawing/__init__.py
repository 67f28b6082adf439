"""What a diagram says: read safely, understood and checked."""
