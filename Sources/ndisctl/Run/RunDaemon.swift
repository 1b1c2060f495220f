// Starts the private daemon of `ndisctl run`. The wait for READY=1 runs in the loop of RunFamily, so that a
// signal or the exit of the daemon ends it.

import NDISPlatform
import NDISPrivateDaemon

enum RunDaemon {
  /// How long a start may take; usually it takes 50 ms, but longer on a machine that swaps.
  private static let timeout: UInt64 = 30_000_000_000

  /// Starts a daemon and waits until it is ready.
  static func start(
    _ options: PrivateDaemon.Options, family: ProcessFamily
  ) throws(PrivateDaemonFailure) -> PrivateDaemon {
    let daemon = try PrivateDaemon.launch(options)
    family.watch(daemon: daemon.child)
    var isReady = false
    let isDecided = family.wait(
      until: daemon.startTime &+ timeout, watching: daemon.notifyDescriptor
    ) {
      if daemon.takeReady() { isReady = true }
      return isReady || family.daemonExit != nil || family.terminationSignal != nil
    }
    if isReady { return daemon }
    let what =
      if let change = family.daemonExit {
        "\(daemon.program) \(change) before it was ready"
      } else if let signal = family.terminationSignal {
        "\(SignalQueue.name(signal)) arrived before it was ready"
      } else if isDecided { "\(daemon.program) is not ready" } else {
        "\(daemon.program) was not ready after \(timeout / 1_000_000_000) s"
      }
    let failure = daemon.failure(what)
    family.end(daemon.child, timeout: 2_000_000_000)
    daemon.remove()
    throw failure
  }
}
