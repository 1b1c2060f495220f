// Terminating a serving program: SIGTERM and SIGINT make `serve()` return, so that the program can clean
// up.

import Glibc
import NDISPlatform

extension Connection {
  /// Blocks SIGTERM and SIGINT in this thread and those it starts later, and calls `stop()` at the
  /// first of them. Call it on the main thread before others are started.
  public func stopOnSignals() throws(DriverError) {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGTERM)
    unsafe sigaddset(&signals, SIGINT)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    let waited = signals
    do throws(SystemError) {
      _ = try Thread.start(name: "signals") { [weak self] in
        var signals = waited
        var number: Int32 = 0
        unsafe sigwait(&signals, &number)
        self?.stop()
      }
    } catch { throw .connection("\(error)", rule: "thread") }
  }
}
