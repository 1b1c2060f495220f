// What the service manager keeps for the next process: descriptors, under names. The manager keeps them over a
// crash and a restart and gives them back at the start, with the listening sockets, newest first: they are
// found by name only. One call costs it time that grows with what it has, and what is over its limit it
// closes without a word; so there is a limit here, and the calls are made on the link's thread.
//
// Names are short: all of them stand in one variable of the next process's environment, which may not be
// longer than 128 KiB, or that process cannot be started at all.

/// Keeps descriptors for the next process.
public protocol DescriptorKeeper: AnyObject {
  /// Hands a copy of a descriptor over under a name; false when there is no room for it. The caller's own
  /// stays the caller's. It counts as kept when `takeKept` says so.
  func keep(_ descriptor: Int32, name: String) -> Bool
  /// Nobody needs what is kept under this name any more. One of a name that others share is only no longer
  /// counted: the manager drops a connection by itself when its other end is closed.
  func drop(_ name: String)
  /// What has been handed over since the last call, or could not be.
  func takeKept() -> [Kept]
  /// How many descriptors it keeps at most.
  var limit: Int { get }
}

/// What became of something that was to be kept.
public struct Kept: Sendable, Hashable {
  public var name: String
  /// False: the service manager could not be told.
  public var isKept: Bool

  public init(name: String, isKept: Bool) {
    self.name = name
    self.isKept = isKept
  }
}

/// The names of what is kept.
public enum KeptName {
  /// The store.
  public static let store = "store"
  /// All connections.
  public static let connection = "c"

  /// The memory of a section, by its inode.
  public static func section(inode: UInt64) -> String { "m" + String(inode, radix: 36) }

  /// Whether something under this name was kept, and not opened by the service manager.
  public static func isKept(_ name: String) -> Bool {
    name == store || name == connection || isSection(name)
  }

  /// Whether something under this name is the memory of a section.
  public static func isSection(_ name: String) -> Bool {
    name.utf8.first == UInt8(ascii: "m") && UInt64(name.dropFirst(), radix: 36) != nil
  }
}
