// The CPU affinity of the calling thread. Children and threads inherit it, so to pin a program set the
// affinity before starting it.
//
// Limits: processors above number 1023 are ignored. The affinity does not reflect a container's CPU quota.

import CNDISLinux

/// A set of processor numbers.
public struct Processors: Hashable, Sendable {
  private var words = [UInt64](repeating: 0, count: 16)

  /// Numbers above 1023 are ignored.
  public init(_ numbers: some Sequence<Int>) {
    for number in numbers where (0..<1024).contains(number) {
      words[number / 64] |= 1 << UInt64(number % 64)
    }
  }

  /// The numbers, ascending.
  public var numbers: [Int] {
    (0..<1024).filter { words[$0 / 64] & (1 << UInt64($0 % 64)) != 0 }
  }

  /// The affinity of the calling thread.
  public static func allowed() throws(SystemError) -> Processors {
    var processors = Processors([])
    try unsafe processors.words.withUnsafeMutableBufferPointer { (bytes) throws(SystemError) in
      _ = try SystemCall.run("sched_getaffinity") {
        unsafe clinux_get_processors(0, bytes.baseAddress, bytes.count * 8)
      }
    }
    return processors
  }

  /// Sets the affinity of the calling thread; what it starts later inherits it.
  public func confineThisThread() throws(SystemError) {
    try unsafe words.withUnsafeBufferPointer { (bytes) throws(SystemError) in
      _ = try SystemCall.run("sched_setaffinity to processors \(numbers)") {
        unsafe clinux_set_processors(0, bytes.baseAddress, bytes.count * 8)
      }
    }
  }
}
