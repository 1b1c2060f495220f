// An operating-system thread for work that blocks: a name, a body, join. It inherits the signal mask of the
// thread that starts it; see Signals.

import CNDISLinux
import Glibc

/// A running thread. Join it; a thread whose handle is dropped is detached.
public struct Thread: ~Copyable, Sendable {
  private let handle: pthread_t

  deinit {
    pthread_detach(handle)
  }

  /// Starts a thread. The name, for debuggers and /proc, is truncated to 15 bytes.
  public static func start(
    name: String, body: @escaping @Sendable () -> Void
  ) throws(SystemError) -> Thread {
    let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
    var handle = pthread_t()
    let problem = unsafe pthread_create(
      &handle, nil,
      { argument in
        if let argument = unsafe argument {
          let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
          unsafe clinux_name_thread(start.name)
          start.body()
        }
        return nil
      }, start.toOpaque())
    guard problem == 0 else {
      unsafe start.release()
      throw SystemError(errno: problem, operation: "pthread_create of \(name)")
    }
    return Thread(handle: handle)
  }

  /// Waits until the body has returned. A thread must not join itself.
  public consuming func join() {
    let handle = self.handle
    discard self
    pthread_join(handle, nil)
  }

  /// The kernel's ID of the calling thread.
  public static var currentID: Int32 { clinux_thread_id() }

  private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }
}
