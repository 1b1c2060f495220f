// A pipe between this process and a child. Both ends are close-on-exec, so that a child inherits only the
// descriptors passed to it.

import CNDISLinux

/// Both ends of a pipe. Frozen, so that other modules can consume its parts.
@frozen
public struct Pipe: ~Copyable, Sendable {
  public let reading: Descriptor
  public let writing: Descriptor

  public init() throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    try unsafe ends.withUnsafeMutableBufferPointer { (ends) throws(SystemError) in
      _ = try SystemCall.run("pipe2") { unsafe clinux_pipe(ends.baseAddress) }
    }
    reading = Descriptor(owning: ends[0])
    writing = Descriptor(owning: ends[1])
  }

  public consuming func takeReadEnd() -> Descriptor { reading }
  public consuming func takeWriteEnd() -> Descriptor { writing }
}
