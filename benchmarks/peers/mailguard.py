class Mailguard: pass
class Mailguard2: pass
class Uninspected: pass
class Uninspected2: pass
