// The driver that `ndisctl alloc` and `ndisctl free` are: a miniport with one adapter that registers,
// does what was asked, and goes. It talks to NDIS through the kit, as any driver does.

import NDISDriverKit

/// A connection with a miniport driver and a running adapter on it.
struct ThrowAwayMiniport {
  private final class Handlers: MiniportDriver {}

  let connection: Connection
  let driver: MiniportDriverHandle
  let adapter: AdapterHandle

  /// Connects, registers and adds the adapter; `socket` nil is searched for.
  init(socket: String?, adapterName: String) throws(DriverError) {
    connection = try Connection(path: socket, name: "ndisctl")
    // Names of live drivers differ, and several of these may run at once.
    driver = try connection.registerMiniportDriver(
      Handlers(), name: "ndisctl-\(processNumber())")
    adapter = try connection.addAdapter(driver, name: adapterName)
  }

  /// Halts the adapter and deregisters the driver. What is still allocated is a leak then.
  func end() throws(DriverError) {
    try connection.removeAdapter(adapter)
    try connection.deregisterMiniportDriver(driver)
    connection.close()
  }
}

extension CommandFailure {
  /// What the kit answered, as a failure of the command.
  init(_ error: DriverError) {
    self.init("\(error)", status: error.kind == .connection ? .noDaemon : .failure)
  }
}
