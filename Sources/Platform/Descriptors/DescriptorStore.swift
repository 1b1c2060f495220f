// The descriptors that the service manager stores for the next process, under names (FDSTORE=1, FDNAME=). It holds
// them over a crash and a restart and gives them back at the start, with the listening sockets, newest first: they are
// found by name only. One call costs it time that grows with what it has, and what is over its limit it
// closes silently; so there is a limit here, and the calls are made on the link's thread.
//
// Names are short: all of them are in one variable of the next process's environment, which may not be
// longer than 128 KiB, or that process cannot be started at all.

/// Stores descriptors for the next process.
public protocol DescriptorStore: AnyObject {
  /// Stores a copy of a descriptor under a name; false when the store is full. The caller's own stays the
  /// caller's. It is stored when `takeOutcomes` reports it.
  func store(_ descriptor: Int32, name: String) -> Bool
  /// Removes what is stored under a name. One of a name that others share is only no longer
  /// counted: the manager drops a connection by itself when its other end is closed.
  func remove(_ name: String)
  /// What has been stored since the last call, or could not be.
  func takeOutcomes() -> [StorageOutcome]
  /// How many descriptors it holds at most.
  var limit: Int { get }
}

/// Whether a descriptor was stored.
public struct StorageOutcome: Sendable, Hashable {
  public var name: String
  /// False: the service manager could not be reached.
  public var isStored: Bool

  public init(name: String, isStored: Bool) {
    self.name = name
    self.isStored = isStored
  }
}

/// The names of stored descriptors.
public enum DescriptorName {
  /// The store.
  public static let store = "store"
  /// All connections.
  public static let connection = "c"

  /// The memory of a section, by its inode.
  public static func section(inode: UInt64) -> String { "m" + String(inode, radix: 36) }

  /// Whether a descriptor of this name was stored, and not opened by the service manager.
  public static func isStored(_ name: String) -> Bool {
    name == store || name == connection || isSection(name)
  }

  /// Whether something under this name is the memory of a section.
  public static func isSection(_ name: String) -> Bool {
    name.utf8.first == UInt8(ascii: "m") && UInt64(name.dropFirst(), radix: 36) != nil
  }
}
