// A module of the test package; only its name matters.

public let varlinkModule = "Varlink"
