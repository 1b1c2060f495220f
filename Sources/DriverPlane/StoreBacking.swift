// The memory behind the simulator's store: a memfd that is passed to the next process, or anonymous memory
// that ends with this process.

import NDISStore
package import NDISPlatform
import NDISSimulator

/// A store that outlives its process, and the descriptor store that keeps its descriptors.
package struct PersistentStore {
  package let descriptorStore: any DescriptorStore
  package let store: StoreFile

  /// Creates a store and puts its descriptor in the descriptor store immediately.
  ///
  /// - Throws: `StartFailure` if there is no memory for it.
  package init(_ descriptorStore: any DescriptorStore, size: Int) throws(StartFailure) {
    do throws(SystemError) { store = try StoreFile(name: "ndissim:store", size: size) } catch {
      throw StartFailure("\(error)")
    }
    self.descriptorStore = descriptorStore
    _ = descriptorStore.store(store.descriptor.raw, name: DescriptorName.store)
  }

  /// Opens the store of an earlier process, whose descriptor is already in the descriptor store.
  package init(_ descriptorStore: any DescriptorStore, adopting store: StoreFile) {
    self.descriptorStore = descriptorStore
    self.store = store
  }
}

extension StoreFile {
  fileprivate func memory(touched: [Range<Int>]?) -> StoreMemory {
    unsafe StoreMemory(base: baseAddress, size: size, touched: touched)
  }

  /// Where a crash of this process is counted.
  package var crashMark: UnsafeMutablePointer<UInt64> {
    unsafe Simulator.crashMark(memory(touched: nil))
  }

  /// Whether the previous process shut down but ended before its store was removed.
  package var isRetired: Bool { Simulator.isRetired(memory(touched: nil)) }

  /// Keeps the next process from restoring it.
  package func retire() { Simulator.retire(memory(touched: nil)) }
}

/// The memory that holds the store.
enum StoreBacking {
  case anonymous(AnonymousMemory)
  case file(StoreFile)

  init(_ settings: Settings, _ persistence: PersistentStore?) throws(StartFailure) {
    if let persistence {
      self = .file(persistence.store)
    } else {
      do throws(SystemError) {
        self = .anonymous(try AnonymousMemory(size: Simulator.storeSize(settings)))
      } catch { throw StartFailure("\(error)") }
    }
  }

  var memory: StoreMemory { memory(touched: nil) }

  func memory(touched: [Range<Int>]?) -> StoreMemory {
    switch self {
    case .anonymous(let memory):
      unsafe StoreMemory(base: memory.baseAddress, size: memory.size, touched: touched)
    case .file(let file): file.memory(touched: touched)
    }
  }
}
