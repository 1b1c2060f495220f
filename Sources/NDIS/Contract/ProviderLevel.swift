// The levels at which handlers of shared memory may be set.

/// Where a provider stands in the order of precedence; smaller wins.
public enum ProviderLevel: UInt8, Sendable, CaseIterable {
  case binding = 1
  case protocolDriver = 2
  case miniportDriver = 3
  case pool = 4
  case hal = 5
}
