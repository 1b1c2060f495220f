// Closes descriptors that a peer sent. The last close of a file on a FUSE or network file system, or of a TCP
// socket with SO_LINGER, may block indefinitely, which the reactor must not. Memfds are closed immediately,
// everything else on a separate thread.

import CNDISLinux

/// Closes descriptors without blocking the caller.
public enum BackgroundCloser {
  private static let queue = Monitor<[Int32]>([])

  /// False if the thread could not be started; the caller then closes the descriptor itself.
  private static let thread: Bool = {
    let started = try? Thread.start(name: "closer") {
      while true {
        let batch: [Int32] = queue.wait { waiting in
          guard !waiting.isEmpty else { return nil }
          defer { waiting = [] }
          return waiting
        }
        for raw in batch { _ = clinux_close(raw) }
      }
    }
    guard let started else { return false }
    _ = consume started  // detached: runs until the process exits
    return true
  }()

  /// Closes a descriptor, possibly later.
  public static func close(_ raw: Int32) {
    // Querying the seals calls into no file system.
    guard clinux_get_seals(raw) < 0, thread else {
      _ = clinux_close(raw)
      return
    }
    queue.withLock { $0.append(raw) }
    queue.signal()
  }
}

extension Descriptor {
  /// Whether this is memory that supports seals; the check calls into no file system.
  public var isMemoryFile: Bool { clinux_get_seals(raw) >= 0 }
}
