"""What a bystander can know of both ends, from the packets alone."""
