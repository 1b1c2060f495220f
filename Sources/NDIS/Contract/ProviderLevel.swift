// The levels at which handlers of shared memory may be set.

/// A provider's level in the order of precedence; the smaller value wins.
public enum ProviderLevel: UInt8, Sendable, CaseIterable {
  case binding = 1
  case protocolDriver = 2
  case miniportDriver = 3
  case pool = 4
  case hal = 5
}
