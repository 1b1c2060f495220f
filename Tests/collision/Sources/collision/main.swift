// Uses modules of this package beside the library of ndissim. Without a daemon: what it prints is the kit's refusal
// to connect.

import Bench
import CNDIS
import Configuration
import Daemon
import Drawing
import Events
import NDIS
import NDISDriverKit
import Platform
import Simulator
import Store
import Varlink

let modules = [
  benchModule, configurationModule, daemonModule, drawingModule, eventsModule, platformModule,
  simulatorModule, storeModule, varlinkModule,
]
print("modules: \(modules.joined(separator: " "))")
print("parameters: \(MemoryLayout<NDIS_SHARED_MEMORY_PARAMETERS>.size) bytes")

do throws(DriverError) {
  let connection = try Connection(path: "/nonexistent/ndissim", name: "collision")
  connection.close()
  print("connected: there should be no socket")
} catch {
  print("refused: \(error.kind), \(error.status == Status.failure), \(error.sentence)")
}
