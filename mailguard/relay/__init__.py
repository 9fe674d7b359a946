"""The client side to the next hop: one transaction at a time, its replies kept as bytes."""
