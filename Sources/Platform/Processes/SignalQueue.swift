// Signals read instead of handled, for programs that look after others: any set of them, where
// `Signals` is the fixed set of a daemon.

import CNDISLinux
import Glibc

/// A queue of the signals that were sent to this process.
public struct SignalQueue: ~Copyable, Sendable {
  /// To be watched for reading.
  public let descriptor: Descriptor

  /// Blocks the signals in the calling thread and in those it starts later; call it before any
  /// other is started. They stay blocked; children that are started as `ChildProcess` have none
  /// blocked.
  public init(_ signals: [Int32]) throws(SystemError) {
    descriptor = try SystemCall.open("signalfd") {
      unsafe signals.withUnsafeBufferPointer {
        unsafe clinux_signalfd_of($0.baseAddress, $0.count)
      }
    }
  }

  /// The number of the next signal that is waiting; nil when there is none.
  public func next() throws(SystemError) -> Int32? {
    try SystemCall.attempt("read of a signalfd") { clinux_signalfd_take(descriptor.raw) }
  }

  /// `SIGTERM` for 15; `signal 99` for a number without a name.
  public static func name(_ signal: Int32) -> String {
    let text = unsafe String(cString: clinux_signal_name(signal))
    return text.isEmpty ? "signal \(signal)" : "SIG\(text)"
  }
}
