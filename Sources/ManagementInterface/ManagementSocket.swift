// Where the daemon's management socket lies. Named by the caller or the environment, else beside the
// driver socket, in the places where a system service, a user's service and a daemon started by hand
// put it. The file has the interface's name, as is the custom.

import Glibc

/// The search for the management socket.
public enum ManagementSocket {
  /// The socket's name in its directory.
  public static let fileName = SimulatorInterface.name

  /// The socket to connect to: `explicit`, or $NDISSIM_MANAGEMENT_SOCKET, as they stand; else the first
  /// of `candidates` that exists.
  public static func find(_ explicit: String? = nil) throws(ManagementSocketMissing) -> String {
    if let explicit { return explicit }
    if let named = environment("NDISSIM_MANAGEMENT_SOCKET") { return named }
    let places = candidates
    if let path = places.first(where: { unsafe access($0, F_OK) == 0 }) { return path }
    throw ManagementSocketMissing(places: places)
  }

  /// The places that are looked at, first to last.
  public static var candidates: [String] {
    var folders: [String] = []
    if let driver = environment("NDISSIM_SOCKET"), let slash = driver.lastIndex(of: "/") {
      // Who names the driver socket means the daemon behind it and no other.
      return [String(driver[...slash]) + fileName]
    }
    if let named = environment("RUNTIME_DIRECTORY") {
      // The service manager may name several, separated by colons; the first is the daemon's.
      folders.append(String(named.prefix { $0 != ":" }))
    }
    if let folder = environment("XDG_RUNTIME_DIR") { folders.append("\(folder)/ndissim") }
    folders.append("/run/ndissim")
    folders.append("\(environment("TMPDIR") ?? "/tmp")/ndissim-\(getuid())")
    return folders.map { "\($0)/\(fileName)" }
  }

  /// A variable that is set and not empty.
  private static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }
}

/// No management socket was found, and where it was looked for.
public struct ManagementSocketMissing: Error, Sendable, Hashable, CustomStringConvertible {
  public var places: [String]

  public var description: String {
    "no daemon was found; looked for \(places.joined(separator: ", ")). Start one with `ndissimd`, or "
      + "say where it is with $NDISSIM_MANAGEMENT_SOCKET."
  }
}
