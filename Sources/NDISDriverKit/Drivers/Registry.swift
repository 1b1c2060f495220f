// Maps handler cookies to driver objects. A cookie consists of the number of a registration and the number of
// a handler in it, so that a cookie in a log can be decoded; zero is no handler.

import NDIS
import NDISPlatform

/// A registered driver or provider.
enum Registration: Sendable {
  case miniport(any MiniportDriver)
  case protocolDriver(any ProtocolDriver, ProtocolDriverHandle)
  case provider(any SharedMemoryProvider)
}

/// The registrations of a connection.
final class Registry: Sendable {
  private struct State: Sendable {
    var next: UInt64 = 1
    var table: [UInt64: Registration] = [:]
    /// The numbers of the drivers of adapters, by the adapter's handle.
    var drivers: [UInt64: UInt64] = [:]
  }
  private let state = Monitor<State>(State())

  func add(_ registration: Registration) -> UInt64 {
    state.withLock { state in
      let number = state.next
      state.next += 1
      state.table[number] = registration
      return number
    }
  }

  func find(cookie: UInt64) -> Registration? {
    state.withLock { $0.table[cookie >> 8] }
  }

  func remove(_ number: UInt64) {
    state.withLock { $0.table[number] = nil }
  }

  /// Stores a protocol driver's handle, which its bind handler needs.
  func setHandle(_ handle: UInt64, of number: UInt64) {
    state.withLock { state in
      guard case .protocolDriver(let driver, _)? = state.table[number] else { return }
      state.table[number] = .protocolDriver(driver, ProtocolDriverHandle(rawValue: handle))
    }
  }

  func removeAll() {
    state.withLock {
      $0.table = [:]
      $0.drivers = [:]
    }
  }

  /// MiniportInitializeEx is about to be called for an adapter.
  func setDriver(_ number: UInt64, of adapter: UInt64) {
    state.withLock { $0.drivers[adapter] = number }
  }

  /// The number of the miniport driver of an adapter; nil before its MiniportInitializeEx.
  func driver(of adapter: UInt64) -> UInt64? { state.withLock { $0.drivers[adapter] } }

  func providers() -> [any SharedMemoryProvider] {
    state.withLock { state in
      state.table.values.compactMap { registration in
        if case .provider(let provider) = registration { provider } else { nil }
      }
    }
  }

  /// The cookie of a handler.
  static func cookie(_ number: UInt64, _ handler: UInt64) -> UInt64 { number << 8 | handler }
}
