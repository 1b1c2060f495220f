// A client of journald's native protocol that never waits. One entry is one datagram; an entry too
// big for that is a sealed memory file, passed with an empty datagram. When journald is away or
// behind, the entry is dropped and counted, and the next entry that gets through is preceded by the
// count, so the journal says itself where it has a gap. Who owns the client asks for the report
// again (`reportDropped`) when no entry comes. The socket is not connected: every entry finds
// journald anew, also after its restart. One owner, one thread.

public import NDISEvents
import Glibc
import NDISPlatform

/// Sends entries to journald.
@safe
public struct JournalClient: ~Copyable {
  /// Where journald listens.
  public static let standardPath = "/run/systemd/journal/socket"

  /// Entries dropped and not yet reported.
  public private(set) var dropped: UInt64 = 0
  /// Entries ever dropped by this client.
  public private(set) var everDropped: UInt64 = 0

  private let identifier: String
  private let address: sockaddr_un?
  private var socket: Descriptor?

  public init(path: String = JournalClient.standardPath, identifier: String = "ndissimd") {
    self.identifier = identifier
    address = socketAddress(path)
  }

  /// Sends an event. False when it was dropped.
  @discardableResult
  public mutating func send(_ event: Event) -> Bool {
    send(JournalEntry(event, identifier: identifier))
  }

  /// Sends an entry. False when it was dropped.
  @discardableResult
  public mutating func send(_ entry: JournalEntry) -> Bool {
    // The report first: it is written where the gap is, and when it fails the entry would fail too.
    guard reportDropped(), deliver(entry) else {
      dropped &+= 1
      everDropped &+= 1
      return false
    }
    return true
  }

  /// Adds entries that somebody else had to drop to those that are to be reported.
  public mutating func add(dropped count: UInt64) { dropped &+= count }

  /// Sends the count of dropped entries, if there is one. False when it is still to be sent.
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
    // One byte stays zero.
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
  // What journald has not read yet counts against the sender: a buffer for a burst. The system's limit
  // cuts this, and without it only the burst is shorter.
  var room: Int32 = 8 << 20
  _ = unsafe setsockopt(raw, SOL_SOCKET, SO_SNDBUF, &room, socklen_t(MemoryLayout<Int32>.size))
  return Descriptor(owning: raw)
}

/// A control message with one descriptor, laid out as the CMSG macros do on 64-bit Linux.
private struct OneDescriptor {
  var length = MemoryLayout<Int>.size + 3 * MemoryLayout<Int32>.size
  var level = SOL_SOCKET
  var type = Int32(SCM_RIGHTS)
  var descriptor: Int32
  // Room for the alignment that CMSG_SPACE asks for.
  var padding: Int32 = 0
}

/// Sends one datagram without waiting; returns zero or the error's number.
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
