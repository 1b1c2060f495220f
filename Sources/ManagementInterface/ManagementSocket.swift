// The management socket of the daemon: named by the caller or the environment, else searched. The file has
// the name of the interface, as is the custom.

import NDISPlatform

/// The search for the management socket.
public enum ManagementSocket {
  /// The socket's name in its directory.
  public static let fileName = SimulatorInterface.name

  /// The socket to connect to: `explicit`, else $NDISSIM_MANAGEMENT_SOCKET if it is set, else the first of
  /// `candidates` that exists.
  public static func find(_ explicit: String? = nil) throws(ManagementSocketMissing) -> String {
    if let named = explicit ?? ProcessEnvironment.value("NDISSIM_MANAGEMENT_SOCKET") {
      return named
    }
    let paths = candidates
    if let path = SocketDirectories.firstExisting(paths) { return path }
    throw ManagementSocketMissing(places: paths)
  }

  /// The searched paths, in order: beside $NDISSIM_SOCKET if it is set, so that both sockets are those of
  /// one daemon.
  public static var candidates: [String] {
    if let driver = ProcessEnvironment.value("NDISSIM_SOCKET"),
      let slash = driver.lastIndex(of: "/")
    {
      return [String(driver[...slash]) + fileName]
    }
    return SocketDirectories.candidates.map { "\($0)/\(fileName)" }
  }
}

/// No management socket was found, and where it was searched.
public struct ManagementSocketMissing: Error, Sendable, Hashable, CustomStringConvertible {
  public var places: [String]

  public var description: String {
    "no daemon was found; searched \(places.joined(separator: ", ")). Start one with `ndissimd`, or "
      + "set $NDISSIM_MANAGEMENT_SOCKET."
  }
}
