// Plain memory for a store: allocated, zeroed, copied and compared. It is what a daemon's memfd is
// in real life, without the descriptor.

@testable import NDISSimulator
import NDISStore

/// Memory of one store.
@safe final class TestMemory {
  private let base: UnsafeMutableRawPointer
  let size: Int

  /// Where the globals table begins: behind the header's page and the undo log. Everything before
  /// it may differ between two stores of equal state.
  static let state = 4096 + 128 * 1024

  init(size: Int) {
    self.size = size
    unsafe base = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
    unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: size)
  }

  deinit { unsafe base.deallocate() }

  var memory: StoreMemory { unsafe StoreMemory(base: base, size: size) }

  func copy(from other: TestMemory) {
    unsafe base.copyMemory(from: other.base, byteCount: min(size, other.size))
  }

  func copied() -> TestMemory {
    let copy = TestMemory(size: size)
    copy.copy(from: self)
    return copy
  }

  /// The first byte from the globals table on in which the two differ.
  func firstDifference(_ other: TestMemory) -> Int? {
    var at = TestMemory.state
    let end = min(size, other.size) & ~7
    while at < end {
      let mine = unsafe base.load(fromByteOffset: at, as: UInt64.self)
      let theirs = unsafe other.base.load(fromByteOffset: at, as: UInt64.self)
      if mine != theirs { return at }
      at += 8
    }
    return size == other.size ? nil : end
  }

  subscript(offset: Int) -> UInt64 {
    get { unsafe base.load(fromByteOffset: offset, as: UInt64.self) }
    set { unsafe base.storeBytes(of: newValue, toByteOffset: offset, as: UInt64.self) }
  }
}
