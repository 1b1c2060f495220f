// `ndisctl free`: demonstrates how NDIS refuses to free a block of another driver. By contract only the
// caller of NdisAllocateSharedMemory frees a block and no other routine exists, so this command makes
// the call that a driver must not make, and prints the error.

import ArgumentParser
import NDISDriverKit

struct Free: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tries to free a block of another driver, and prints how NDIS refuses it.",
    discussion: """
      Only its owner can free a block, so this command frees nothing. It calls NdisFreeSharedMemory \
      with a handle it does not own, as a driver with a stray handle would, and prints the status, the \
      violated rule, and the bug check that Windows would raise. The daemon counts the call as a \
      violation. To free a block, terminate its owner.

      The exit status is 1: the block was not freed.

      EXAMPLES
        ndisctl free 0x2000000004000000
        ndisctl run --expect '0x7C/0x01' -- ndisctl free 0x1
      """)

  @Argument(help: "An AllocationHandle, or any other number.")
  var handle: HandleArgument

  @Option(help: "The daemon's driver socket; found automatically by default.")
  var driverSocket: String?

  func run() throws {
    do throws(DriverError) {
      let driver = try ScratchMiniport(socket: driverSocket, adapterName: "ndisctl-free")
      let refusal = try attempt(driver)
      try driver.end()
      guard let refusal else {
        throw DriverError(
          .protocol, status: .success,
          sentence:
            "NDIS freed \(handle.handle), which this process never allocated. This is a bug "
            + "of the daemon; please report it.")
      }
      var text = "NdisFreeSharedMemory(\(handle.handle)) returns \(refusal.status)\n"
      text += "rule       \(refusal.rule)\n"
      text += "reason     \(refusal.sentence)\n"
      if let bugCheck = refusal.bugCheck { text += "bug check  \(bugCheck)\n" }
      StandardError.write(text)
    } catch { throw CommandFailure(error) }
    throw CommandFailure.quietly(.failure)
  }

  /// The refusal, nil when there was none.
  private func attempt(_ driver: ScratchMiniport) throws(DriverError) -> DriverError? {
    do throws(DriverError) {
      let allocation = AllocationHandle(rawValue: handle.handle.rawValue)
      try driver.connection.free(driver.adapter, allocation)
      return nil
    } catch {
      if error.kind == .connection { throw error }
      return error
    }
  }
}
