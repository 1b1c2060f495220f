// A nonblocking client of journald's native protocol. An entry is one datagram; a larger one is a sealed
// memfd, passed with an empty datagram. If journald is unavailable or its socket buffer is full, the entry is
// dropped and counted, and the next entry that is delivered is preceded by the count, so that the journal
// documents the gap. The owner calls `reportDropped` to write the count if no entry follows. The socket is
// not connected: every entry is sent to the path, which works across a restart of journald. One owner, one
// thread.

public import NDISEvents
import Glibc
import NDISPlatform

/// Sends entries to journald.
@safe
public struct JournalClient: ~Copyable {
  /// The path of journald's socket.
  public static let standardPath = "/run/systemd/journal/socket"

  /// Entries dropped and not yet reported.
  public private(set) var dropped: UInt64 = 0
  /// Total number of entries dropped by this client.
  public private(set) var everDropped: UInt64 = 0

  private let identifier: String
  private let address: sockaddr_un?
  private var socket: Descriptor?

  public init(path: String = JournalClient.standardPath, identifier: String = "ndissimd") {
    self.identifier = identifier
    address = socketAddress(path)
  }

  /// Sends an event; false if it was dropped.
  @discardableResult
  public mutating func send(_ event: Event) -> Bool {
    send(JournalEntry(event, identifier: identifier))
  }

  /// Sends an entry; false if it was dropped.
  @discardableResult
  public mutating func send(_ entry: JournalEntry) -> Bool {
    // The report first: it belongs at the position of the gap, and if it fails the entry would fail too.
    guard reportDropped(), deliver(entry) else {
      dropped &+= 1
      everDropped &+= 1
      return false
    }
    return true
  }

  /// Adds entries dropped elsewhere to the count to be reported.
  public mutating func add(dropped count: UInt64) { dropped &+= count }

  /// Sends the count of dropped entries, if any; false if it is still pending.
  @discardableResult
  public mutating func reportDropped() -> Bool {
    guard dropped > 0 else { return true }
    guard deliver(JournalEntry(.entriesDropped(dropped), identifier: identifier)) else {
      return false
    }
    dropped = 0
    return true
  }

  private mutating func deliver(_ entry: JournalEntry) -> Bool {
    if socket == nil { socket = openSocket() }
    guard let socket = socket?.raw, let address else { return false }
    var error = transmit(socket, address, entry.bytes, file: nil)
    if error == EMSGSIZE || error == ENOBUFS {
      guard let file = SealedFile.holding(entry.bytes) else { return false }
      error = transmit(socket, address, [], file: file.raw)
    }
    return error == 0
  }
}

private func socketAddress(_ path: String) -> sockaddr_un? {
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  let bytes = Array(path.utf8)
  let fits = unsafe withUnsafeMutableBytes(of: &address.sun_path) { target in
    // One byte remains for the terminating NUL.
    guard !bytes.isEmpty, bytes.count < target.count else { return false }
    unsafe target.copyBytes(from: bytes)
    return true
  }
  return fits ? address : nil
}

private func openSocket() -> Descriptor? {
  let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
  let raw = socket(AF_UNIX, kind, 0)
  guard raw >= 0 else { return nil }
  // Unread entries count against the sender's buffer, so this is the size of a burst. The system's limit may
  // reduce it, which only shortens the burst.
  var room: Int32 = 8 << 20
  _ = unsafe setsockopt(raw, SOL_SOCKET, SO_SNDBUF, &room, socklen_t(MemoryLayout<Int32>.size))
  return Descriptor(owning: raw)
}

/// A control message with one descriptor, laid out as by the CMSG macros on 64-bit Linux.
private struct OneDescriptor {
  var length = MemoryLayout<Int>.size + 3 * MemoryLayout<Int32>.size
  var level = SOL_SOCKET
  var type = Int32(SCM_RIGHTS)
  var descriptor: Int32
  // Padding for the alignment of CMSG_SPACE.
  var padding: Int32 = 0
}

/// Sends one datagram without blocking; returns 0 or an errno.
private func transmit(
  _ socket: Int32, _ address: sockaddr_un, _ bytes: [UInt8], file: Int32?
) -> Int32 {
  var address = address
  var control = OneDescriptor(descriptor: file ?? -1)
  return unsafe withUnsafeMutablePointer(to: &address) { address in
    unsafe withUnsafeMutablePointer(to: &control) { control in
      unsafe bytes.withUnsafeBytes { bytes in
        var piece = unsafe iovec(
          iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
        return unsafe withUnsafeMutablePointer(to: &piece) { piece in
          var message = unsafe msghdr()
          unsafe message.msg_name = UnsafeMutableRawPointer(address)
          unsafe message.msg_namelen = socklen_t(MemoryLayout<sockaddr_un>.size)
          unsafe message.msg_iov = piece
          unsafe message.msg_iovlen = 1
          if file != nil {
            unsafe message.msg_control = UnsafeMutableRawPointer(control)
            unsafe message.msg_controllen = MemoryLayout<OneDescriptor>.size
          }
          while true {
            let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
            if unsafe sendmsg(socket, &message, flags) >= 0 { return 0 }
            if errno != EINTR { return errno }
          }
        }
      }
    }
  }
}
