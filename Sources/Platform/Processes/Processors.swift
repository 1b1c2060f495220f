// Which processors the calling thread may run on. Children and threads it starts inherit the set, so
// a program is put on a processor by going there before starting it.
//
// Limits: processors beyond the 1024th are not seen. The set says what is allowed by the kernel's
// affinity, which a container's CPU quota does not show up in.

import CNDISLinux

/// A set of processors by their numbers.
public struct Processors: Hashable, Sendable {
  private var words = [UInt64](repeating: 0, count: 16)

  /// Numbers above 1023 are left out.
  public init(_ numbers: some Sequence<Int>) {
    for number in numbers where (0..<1024).contains(number) {
      words[number / 64] |= 1 << UInt64(number % 64)
    }
  }

  /// The numbers, ascending.
  public var numbers: [Int] {
    (0..<1024).filter { words[$0 / 64] & (1 << UInt64($0 % 64)) != 0 }
  }

  /// Those the calling thread may run on.
  public static func allowed() throws(SystemError) -> Processors {
    var processors = Processors([])
    try unsafe processors.words.withUnsafeMutableBufferPointer { (bytes) throws(SystemError) in
      _ = try SystemCall.run("sched_getaffinity") {
        unsafe clinux_get_processors(0, bytes.baseAddress, bytes.count * 8)
      }
    }
    return processors
  }

  /// Confines the calling thread, and what it starts from now on, to these.
  public func confineThisThread() throws(SystemError) {
    try unsafe words.withUnsafeBufferPointer { (bytes) throws(SystemError) in
      _ = try SystemCall.run("sched_setaffinity to processors \(numbers)") {
        unsafe clinux_set_processors(0, bytes.baseAddress, bytes.count * 8)
      }
    }
  }
}
