// The service manager's descriptor store (FDSTORE=1, FDNAME=): it keeps named descriptors across a crash or
// restart and passes them to the next process at its start, with the listening sockets, newest first; they
// are identified by name only. The cost of a call grows with the number of stored descriptors, and the
// manager silently closes those above its limit. So the limit is checked here, and the calls are made on the
// link's thread.
//
// Names are short: all of them are in one environment variable of the next process, and execve fails if it
// exceeds 128 KiB.

/// Stores descriptors for the next process.
public protocol DescriptorStore: AnyObject {
  /// Stores a duplicate of a descriptor under a name; false if the store is full. The caller keeps its own.
  /// The descriptor is stored when `takeOutcomes` reports it.
  func store(_ descriptor: Int32, name: String) -> Bool
  /// Removes the descriptor stored under a name. For a name shared by several it only updates the count: the
  /// manager itself drops a connection when its other end is closed.
  func remove(_ name: String)
  /// Returns the outcomes of `store` since the last call.
  func takeOutcomes() -> [StorageOutcome]
  /// Maximum number of stored descriptors.
  var limit: Int { get }
}

/// The outcome of storing a descriptor.
public struct StorageOutcome: Sendable, Hashable {
  public var name: String
  /// False: the service manager could not be reached.
  public var isStored: Bool

  public init(name: String, isStored: Bool) {
    self.name = name
    self.isStored = isStored
  }
}

/// Names in the descriptor store.
public enum DescriptorName {
  /// The store.
  public static let store = "store"
  /// All connections.
  public static let connection = "c"

  /// The memory of a section, by inode.
  public static func section(inode: UInt64) -> String { "m" + String(inode, radix: 36) }

  /// Whether this is the name of a stored descriptor, as opposed to a socket opened by the service manager.
  public static func isStored(_ name: String) -> Bool {
    name == store || name == connection || isSection(name)
  }

  /// Whether this is the name of a section's memory.
  public static func isSection(_ name: String) -> Bool {
    name.utf8.first == UInt8(ascii: "m") && UInt64(name.dropFirst(), radix: 36) != nil
  }
}
