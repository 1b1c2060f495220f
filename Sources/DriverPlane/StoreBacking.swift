// Where the bytes of the simulator's store are: in a memory file that the next process is given, or in anonymous
// memory that ends with this process.

import NDISStore
package import NDISPlatform
import NDISSimulator

/// A store that outlives its process, and where its descriptors are stored.
package struct PersistentStore {
  package let descriptorStore: any DescriptorStore
  package let store: StoreFile

  /// A new store, whose descriptor is stored at once.
  ///
  /// - Throws: `StartFailure` when there is no memory for it.
  package init(_ descriptorStore: any DescriptorStore, size: Int) throws(StartFailure) {
    do throws(SystemError) { store = try StoreFile(name: "ndissim:store", size: size) } catch {
      throw StartFailure("\(error)")
    }
    self.descriptorStore = descriptorStore
    _ = descriptorStore.store(store.descriptor.raw, name: DescriptorName.store)
  }

  /// The store of an earlier process, whose descriptor is stored already.
  package init(_ descriptorStore: any DescriptorStore, adopting store: StoreFile) {
    self.descriptorStore = descriptorStore
    self.store = store
  }
}

/// Where the store's bytes are.
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
    case .file(let file):
      unsafe StoreMemory(base: file.baseAddress, size: file.size, touched: touched)
    }
  }
}
