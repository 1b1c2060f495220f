// NDIS versions as drivers register them: major and a decimal minor (6.20 is 6 and 20).

/// An NDIS version, `6.30` for instance.
public struct NDISVersion: Hashable, Comparable, Sendable, BitwiseCopyable {
  public var major: UInt8
  public var minor: UInt8

  public init(_ major: UInt8, _ minor: UInt8) {
    self.major = major
    self.minor = minor
  }

  /// The newest version this simulator runs; a driver may register at most this one.
  public static let running = NDISVersion(6, 89)
  /// The first version with a shared-memory provider interface.
  public static let sharedMemoryProviders = NDISVersion(6, 20)
  /// The first version with VPorts.
  public static let vports = NDISVersion(6, 30)

  private static let minors: Set<UInt8> = [
    0, 1, 20, 30, 40, 50, 51, 60, 70, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89,
  ]

  /// Whether this version of NDIS exists. NDIS 5 drivers exist, but without this interface.
  public var isKnown: Bool {
    (major == 6 && NDISVersion.minors.contains(minor)) || (major == 5 && minor <= 1)
  }

  public static func < (a: NDISVersion, b: NDISVersion) -> Bool {
    (a.major, a.minor) < (b.major, b.minor)
  }
}

extension NDISVersion: CustomStringConvertible {
  public var description: String { "\(major).\(minor)" }
}
