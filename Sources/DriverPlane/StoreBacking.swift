// Where the bytes of the simulator's store are: in a memory file that the next process is given, or in anonymous
// memory that ends with this process.

package import NDISPlatform
import NDISSimulator

/// Who keeps things for the next process, and the store he is to keep.
package struct Keeping {
  package let keeper: any DescriptorKeeper
  package let store: StoreFile

  /// A new store, which the keeper is given at once.
  ///
  /// - Throws: `StartFailure` when there is no memory for it.
  package init(_ keeper: any DescriptorKeeper, size: Int) throws(StartFailure) {
    do throws(SystemError) { store = try StoreFile(name: "ndissim:store", size: size) } catch {
      throw StartFailure("\(error)")
    }
    self.keeper = keeper
    _ = keeper.keep(store.descriptor.raw, name: KeptName.store)
  }

  /// The store of an earlier process, which the keeper has already.
  package init(_ keeper: any DescriptorKeeper, adopting store: StoreFile) {
    self.keeper = keeper
    self.store = store
  }
}

/// Where the store's bytes are.
enum StoreBacking {
  case anonymous(AnonymousMemory)
  case file(StoreFile)

  init(_ settings: Settings, _ keeping: Keeping?) throws(StartFailure) {
    if let keeping {
      self = .file(keeping.store)
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
