// Signals read from a signalfd, for programs that supervise others: any set of signals, whereas `Signals` is
// the fixed set of a daemon.

import CNDISLinux
import Glibc

/// A queue of signals sent to this process.
public struct SignalQueue: ~Copyable, Sendable {
  /// Watch it for reading.
  public let descriptor: Descriptor

  /// Blocks the signals in the calling thread and in threads it starts later; call it before any thread is
  /// started. They stay blocked; a `ChildProcess` starts with no signal blocked.
  public init(_ signals: [Int32]) throws(SystemError) {
    descriptor = try SystemCall.open("signalfd") {
      unsafe signals.withUnsafeBufferPointer {
        unsafe clinux_signalfd_of($0.baseAddress, $0.count)
      }
    }
  }

  /// The number of the next pending signal; nil if there is none.
  public func next() throws(SystemError) -> Int32? {
    try SystemCall.attempt("read of a signalfd") { clinux_signalfd_take(descriptor.raw) }
  }

  /// `SIGTERM` for 15; `signal 99` for an unnamed number.
  public static func name(_ signal: Int32) -> String {
    let text = unsafe String(cString: clinux_signal_name(signal))
    return text.isEmpty ? "signal \(signal)" : "SIG\(text)"
  }
}
