// Descriptors from the service manager's descriptor store, left there by an earlier process, sorted by kind:
// the store, memory of sections, connections.

package import NDISPlatform

/// Descriptors left by an earlier process.
package struct InheritedDescriptors {
  /// The store; nil if there is none or it is not valid.
  package private(set) var store: StoreFile?
  /// Memfds of sections, by inode.
  private var sections: [UInt64: (name: String, descriptor: Int32)] = [:]
  /// Connections, by socket inode.
  package private(set) var connections: [(inode: UInt64, descriptor: Int32)] = []
  /// Unknown names.
  package private(set) var unknown: [String] = []
  /// There was more than one store: the newest is used.
  package private(set) var hasOldStores = false
  /// Why the store is not valid.
  package private(set) var problem: String?

  /// Number of descriptors in the descriptor store.
  package private(set) var count = 0

  /// Sorts the descriptors from the service manager by name; `known` are the names of listening sockets.
  package init(_ descriptors: [(name: String, descriptor: Int32)], known: Set<String>) {
    for (name, descriptor) in descriptors where !known.contains(name) {
      count += 1
      let inode = Descriptor.inode(of: descriptor)
      switch name {
      case DescriptorName.store where store == nil && problem == nil:
        do throws(SystemError) {
          store = try StoreFile(adopting: Descriptor(owning: descriptor))
        } catch { problem = "\(error)" }
      case DescriptorName.store:
        hasOldStores = true
        _ = Descriptor(owning: descriptor)
      case DescriptorName.connection:
        connections.append((inode ?? 0, descriptor))
      case _ where DescriptorName.isSection(name) && inode.map { sections[$0] == nil } == true:
        sections[inode ?? 0] = (name, descriptor)
      // A listening socket, whatever its name.
      case _ where !DescriptorName.isStored(name) && Descriptor.isListening(descriptor):
        count -= 1
      default:
        unknown.append(name)
        _ = Descriptor(owning: descriptor)
      }
    }
  }

  /// Removes and returns the memory of a section.
  package mutating func takeSection(inode: UInt64) -> Descriptor? {
    sections.removeValue(forKey: inode).map { Descriptor(owning: $0.descriptor) }
  }

  /// Closes the connections, which no process will serve; returns their names in the descriptor store.
  package mutating func endConnections() -> [String] {
    let left = connections
    connections = []
    return left.map { _, descriptor in
      let socket = PacketSocket(adopting: Descriptor(owning: descriptor))
      _ = try? socket.shutdown()
      return DescriptorName.connection
    }
  }

  /// Ownership of the sections has passed to the switchboard.
  package mutating func forgetSections() { sections = [:] }

  /// Closes the descriptors of unused sections; returns their names in the descriptor store.
  package mutating func closeSections() -> [String] {
    let left = sections
    sections = [:]
    return left.values.map { name, descriptor in
      _ = Descriptor(owning: descriptor)
      return name
    }
  }
}

/// Why a store was not restored, as a sentence.
package struct RestoreFailure: Error, CustomStringConvertible, Sendable {
  package let description: String
  init(_ description: String) { self.description = description }
}
