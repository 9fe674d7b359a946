"""The parts of the soak: what is sent, the counting next hop, the clients, the faults, the approvers, the account."""
