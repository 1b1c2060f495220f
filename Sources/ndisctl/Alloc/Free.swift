// `ndisctl free`: shows that memory cannot be freed by who did not allocate it. By contract only the
// caller of NdisAllocateSharedMemory frees a block; there is no routine by which anybody else could,
// so this command makes the call a driver must not make, and shows what NDIS says.

import ArgumentParser
import NDISDriverKit

struct Free: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tries to free another driver's block, and shows how NDIS refuses it.",
    discussion: """
      Nobody but its owner can free a block, so this command frees nothing. It calls \
      NdisFreeSharedMemory with a handle that is not its own, as a driver with a stray handle would, \
      and prints the status, the rule that was broken, and the bug check it would have been on Windows. \
      The daemon counts the call as a violation. To have a block freed, end its owner.

      The exit status is 1: the block was not freed.

      EXAMPLES
        ndisctl free 0x2000000004000000
        ndisctl run --expect '0x7C/0x01' -- ndisctl free 0x1
      """)

  @Argument(help: "An AllocationHandle, or any number to try.")
  var handle: HandleArgument

  @Option(help: "The daemon's driver socket; searched for by default.")
  var driverSocket: String?

  func run() throws {
    do throws(DriverError) {
      let driver = try ThrowAwayMiniport(socket: driverSocket, adapterName: "ndisctl-free")
      let refusal = try attempt(driver)
      try driver.end()
      guard let refusal else {
        throw DriverError(
          .protocol, status: .success,
          sentence:
            "NDIS freed \(handle.handle), which this process never allocated. That is a bug "
            + "of the daemon; please report it.")
      }
      var text = "NdisFreeSharedMemory(\(handle.handle)) answers \(refusal.status)\n"
      text += "rule       \(refusal.rule)\n"
      text += "reason     \(refusal.sentence)\n"
      if let bugCheck = refusal.bugCheck { text += "on Windows bug check \(bugCheck)\n" }
      StandardError.write(text)
    } catch { throw CommandFailure(error) }
    throw CommandFailure.quietly(.failure)
  }

  /// The refusal, nil when there was none.
  private func attempt(_ driver: ThrowAwayMiniport) throws(DriverError) -> DriverError? {
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
