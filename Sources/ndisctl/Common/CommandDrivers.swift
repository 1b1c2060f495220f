// The drivers behind `ndisctl alloc`, `ndisctl free` and `ndisctl oid`: they register for the time of
// the command and use the kit as any driver does.

import NDIS
import NDISDriverKit

/// A connection with a miniport driver and a running adapter on it.
struct ScratchMiniport {
  private final class Handlers: MiniportDriver {}

  let connection: Connection
  let driver: MiniportDriverHandle
  let adapter: AdapterHandle

  /// Connects, registers and adds the adapter; `socket` nil: found automatically.
  init(
    socket: String?, adapterName: String, handlers: (any MiniportDriver)? = nil
  ) throws(DriverError) {
    connection = try Connection(path: socket, name: "ndisctl")
    // Names of live drivers differ, and several of these may run at once.
    driver = try connection.registerMiniportDriver(
      handlers ?? Handlers(), name: "ndisctl-\(processNumber())")
    adapter = try connection.addAdapter(driver, name: adapterName)
  }

  /// Halts the adapter and deregisters the driver. Blocks that are still allocated become leaks.
  func end() throws(DriverError) {
    try connection.removeAdapter(adapter)
    try connection.deregisterMiniportDriver(driver)
    connection.close()
  }
}

extension CommandFailure {
  /// An error of the kit as a failure of the command.
  init(_ error: DriverError) {
    self.init("\(error)", status: error.kind == .connection ? .noDaemon : .failure)
  }
}

/// A connection with a protocol driver bound to an adapter, for `ndisctl oid`.
struct BoundDriver {
  /// Returns indicated lists at once, and prints status indications on standard error.
  private final class Handlers: ProtocolDriver {
    func statusEx(
      _ binding: BindingHandle, context: UInt64, _ indication: StatusIndication, buffer: [UInt8],
      on connection: Connection
    ) {
      var text = "indicated \(indication.statusCode)"
      if indication.statusCode == .receiveQueueState,
        let state = StructureText(.receiveQueueState, buffer[...])
      {
        text += state.members.map { ", \($0.name) \($0.value.text)" }.joined()
      }
      StandardError.sentence(text)
    }
  }

  let connection: Connection
  let driver: ProtocolDriverHandle
  let binding: BindingHandle

  /// Connects, registers and binds; `socket` nil: found automatically.
  init(socket: String?, adapter: String, version: NDISVersion) throws(DriverError) {
    connection = try Connection(path: socket, name: "ndisctl")
    driver = try connection.registerProtocolDriver(
      Handlers(), name: "ndisctl-\(processNumber())", version: version)
    binding = try connection.bindAdapter(driver, adapterName: adapter)
  }

  /// Unbinds and deregisters.
  func end() throws(DriverError) {
    do throws(DriverError) { try connection.unbindAdapter(binding) } catch {
      // If the adapter was removed meanwhile, its bindings are closed already.
      guard error.rule == Reason.staleHandle.rule else { throw error }
    }
    try connection.deregisterProtocolDriver(driver)
    connection.close()
  }
}

extension StructureText.Value {
  var text: String {
    switch self {
    case .number(let number): "\(number)"
    case .text(let text): text
    case .flags(let names): names.joined(separator: " | ")
    }
  }
}
