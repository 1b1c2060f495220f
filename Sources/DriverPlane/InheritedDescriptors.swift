// The descriptors that an earlier process has left with the service manager, sorted by what they are: the store,
// memory of sections, connections.

package import NDISPlatform

/// What an earlier process has left, by what it is known by.
package struct InheritedDescriptors {
  /// The store; nil: there is none, or what was there is none.
  package private(set) var store: StoreFile?
  /// Memory files of sections, by inode.
  private var sections: [UInt64: (name: String, descriptor: Int32)] = [:]
  /// Connections, by their sockets' inodes.
  package private(set) var connections: [(inode: UInt64, descriptor: Int32)] = []
  /// Names that are not known.
  package private(set) var unknown: [String] = []
  /// The store was there more than once: the newest counts.
  package private(set) var hasOldStores = false
  /// Why the store is none.
  package private(set) var problem: String?

  /// How many descriptors the service manager holds.
  package private(set) var count = 0

  /// Sorts the descriptors that the service manager handed over, by their names; `known` are the names of
  /// listening sockets.
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
      // A socket that somebody is to listen on, under whatever name.
      case _ where !DescriptorName.isStored(name) && Descriptor.isListening(descriptor):
        count -= 1
      default:
        unknown.append(name)
        _ = Descriptor(owning: descriptor)
      }
    }
  }

  /// Takes the memory of a section.
  package mutating func takeSection(inode: UInt64) -> Descriptor? {
    sections.removeValue(forKey: inode).map { Descriptor(owning: $0.descriptor) }
  }

  /// Ends the connections, which no process will serve; returns the names they are stored under.
  package mutating func endConnections() -> [String] {
    let left = connections
    connections = []
    return left.map { _, descriptor in
      let socket = PacketSocket(adopting: Descriptor(owning: descriptor))
      _ = try? socket.shutdown()
      return DescriptorName.connection
    }
  }

  /// The sections belong to the switchboard now.
  package mutating func forgetSections() { sections = [:] }

  /// Closes the descriptors of the sections that were not taken; returns their names.
  package mutating func closeSections() -> [String] {
    let left = sections
    sections = [:]
    return left.values.map { name, descriptor in
      _ = Descriptor(owning: descriptor)
      return name
    }
  }
}

/// Why a store was not restored from: a sentence.
package struct RestoreFailure: Error, CustomStringConvertible, Sendable {
  package let description: String
  init(_ description: String) { self.description = description }
}
