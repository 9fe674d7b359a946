"""The whole service from one Config: the only place with concrete classes, the clock and signals."""

from mailguard.service.scanning import counter, policy, policy_file, rules_dir, scanner
from mailguard.service.whole import Service, now

__all__ = ["Service", "counter", "now", "policy", "policy_file", "rules_dir", "scanner"]
