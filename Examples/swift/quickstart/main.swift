// The smallest miniport driver: `ndissim-example-quickstart`. It allocates shared memory, uses it, and frees it.

import Glibc
import NDISDriverKit

/// The default handlers are those of a bus-master adapter.
final class Miniport: MiniportDriver {}

do throws(DriverError) {
  let connection = try Connection(name: "quickstart")
  let driver = try connection.registerMiniportDriver(Miniport(), name: "quickstart")
  let adapter = try connection.addAdapter(driver, name: "quickstart0")

  let block = try connection.allocate(
    adapter, SharedMemoryParameters(length: 4096, usage: .receive))
  block.writePattern()
  print("\(block.length) bytes of shared memory at \(hex(block.scatterGatherList[0].address))")
  try connection.free(block)

  try connection.removeAdapter(adapter)
  try connection.deregisterMiniportDriver(driver)
} catch {
  print("quickstart: \(error)")
  exit(1)
}
