// Closing descriptors that a peer sent. The last close of a file on a file system in user space, or of a
// TCP socket that lingers, waits for somebody who may never answer; the reactor must not. What is a
// memory file is closed at once, everything else by a thread of its own.

import CNDISLinux

/// Closes descriptors without making the caller wait.
public enum BackgroundCloser {
  private static let queue = Monitor<[Int32]>([])

  /// Nil when the thread could not be started; then closing happens in place.
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
    _ = consume started  // detached: it lives as long as the process
    return true
  }()

  /// Closes a descriptor, now or soon.
  public static func close(_ raw: Int32) {
    // Asking for seals enters no file system.
    guard clinux_get_seals(raw) < 0, thread else {
      _ = clinux_close(raw)
      return
    }
    queue.withLock { $0.append(raw) }
    queue.signal()
  }
}

extension Descriptor {
  /// Whether this is memory with seals, asked without entering any file system.
  public var isMemoryFile: Bool { clinux_get_seals(raw) >= 0 }
}
