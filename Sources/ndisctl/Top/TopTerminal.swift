// The terminal of `ndisctl top`: noncanonical input without echo, and the alternate screen. The terminal is
// restored on every exit: a key, a signal, an error.
//
// Ctrl-Z is ignored, because it would leave a shell on the alternate screen.

import NDISDrawing
import Glibc
import NDISPlatform

/// Why waiting for the next sample ended.
enum TopWaited {
  /// Or a key was pressed to take a sample now.
  case timeIsUp(byKey: Bool)
  /// The size changed: redraw the same page.
  case resized
  case quit
}

/// The terminal, from `enter` to `leave`.
struct TopTerminal: ~Copyable {
  private let signals: Signals
  /// The previous terminal attributes, if there is a keyboard.
  private let saved: termios?

  /// - Parameter keys: whether to read keys, if there is a keyboard.
  /// - Throws: if signals cannot be read.
  init(keys: Bool) throws(CommandFailure) {
    do throws(SystemError) { signals = try Signals() } catch {
      throw CommandFailure("cannot read signals: \(error)")
    }
    // SIGWINCH only interrupts the wait; one that arrives just before the wait is noticed by the size.
    signal(SIGWINCH) { _ in }
    var now = termios()
    if keys, isatty(0) == 1, unsafe tcgetattr(0, &now) == 0 {
      saved = now
      now.c_lflag &= ~tcflag_t(ICANON | ECHO)
      unsafe withUnsafeMutableBytes(of: &now.c_cc) { keys in
        unsafe keys[Int(VSUSP)] = 0
        unsafe keys[Int(VMIN)] = 0
        unsafe keys[Int(VTIME)] = 0
      }
      _ = unsafe tcsetattr(0, TCSANOW, &now)
    } else {
      saved = nil
    }
  }

  /// Restores the terminal attributes.
  func restore() {
    guard var before = saved else { return }
    _ = unsafe tcsetattr(0, TCSANOW, &before)
  }

  /// Waits for a key, a signal, a change of the size or the timeout.
  ///
  /// - Parameter drawn: the terminal as it was when the page was drawn, and as it is now.
  func wait(milliseconds: Int, drawn: TerminalCapabilities, now: () -> TerminalCapabilities)
    -> TopWaited
  {
    var left = milliseconds
    while true {
      let slice = min(left, 200)
      let waited = wait(milliseconds: slice)
      left -= slice
      guard case .timeIsUp(let byKey) = waited else { return waited }
      if byKey || left <= 0 { return waited }
      if now() != drawn { return .resized }
    }
  }

  private func wait(milliseconds: Int) -> TopWaited {
    var watched = [
      pollfd(fd: signals.descriptor.raw, events: Int16(POLLIN), revents: 0),
      pollfd(fd: saved == nil ? -1 : 0, events: Int16(POLLIN), revents: 0),
    ]
    let count = unsafe poll(&watched, 2, Int32(clamping: max(0, milliseconds)))
    if count < 0 { return errno == EINTR ? .resized : .quit }
    if watched[0].revents != 0 { return .quit }
    guard watched[1].revents != 0 else { return .timeIsUp(byKey: false) }
    var keys = [UInt8](repeating: 0, count: 64)
    let read = unsafe read(0, &keys, keys.count)
    // The terminal hung up.
    if read <= 0 { return .quit }
    for key in keys.prefix(read) where key == UInt8(ascii: "q") || key == UInt8(ascii: "Q") {
      return .quit
    }
    return .timeIsUp(byKey: true)
  }
}
