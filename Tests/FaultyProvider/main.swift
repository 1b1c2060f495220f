// The lying provider as a process: `ndissim-faulty-provider [name]`. It registers as a protocol driver with
// provider handlers on the driver's handle, writes "ready", and serves until it is killed or the
// connection ends. What the lies are is in FaultyProvider.swift.

import Glibc
import NDISDriverKit

/// Writes a line at once, whatever stdout is.
@Sendable func say(_ line: String) {
  var bytes = Array((line + "\n").utf8)[...]
  while !bytes.isEmpty {
    let count = unsafe bytes.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
    guard count > 0 else { return }
    bytes = bytes.dropFirst(count)
  }
}

let arguments = CommandLine.arguments
let name = arguments.count > 1 ? arguments[1] : "ndissim-faulty-provider"
do throws(DriverError) {
  let connection = try Connection(name: name)
  let driver = try connection.registerProtocolDriver(FaultyProvider(say: say), name: name)
  say("ready \(driver)")
  try connection.serve()
} catch {
  say("ended: \(error)")
  exit(1)
}
