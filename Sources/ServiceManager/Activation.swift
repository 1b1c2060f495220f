// Sockets the service manager opened for this process. They are found by the name their unit gives
// them (FileDescriptorName=), never by position; a single socket is the one that is meant, whatever
// its name, as `systemd-socket-activate` gives none. Taking them unsets the variables, so that no
// child takes them too; take them once, before any thread is started. The descriptors are
// close-on-exec and belong to the caller, who checks what kind of socket each one is.

import CNDISSystemd
import Glibc
public import NDISPlatform

/// The descriptors handed over at the start.
public struct Activation: Sendable {
  /// Names and raw descriptors, in the order they were passed.
  public let descriptors: [(name: String, descriptor: Int32)]

  public init(descriptors: [(name: String, descriptor: Int32)]) {
    self.descriptors = descriptors
  }

  /// What was handed to this process; nothing when it was started by hand.
  public static func take() throws(SystemError) -> Activation {
    var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = nil
    let count = unsafe sd_listen_fds_with_names(1, &names)
    guard count >= 0 else {
      throw SystemError(errno: -count, operation: "sd_listen_fds_with_names")
    }
    var descriptors: [(name: String, descriptor: Int32)] = []
    if let names = unsafe names {
      for index in 0..<Int(count) {
        guard let name = unsafe names[index] else { break }
        let text = unsafe String(cString: name)
        descriptors.append((text, SD_LISTEN_FDS_START + Int32(index)))
        unsafe free(name)
      }
      unsafe free(names)
    }
    return Activation(descriptors: descriptors)
  }

  /// The descriptors with this name; the only one there is, whatever its name. What was kept over a restart
  /// is never meant.
  public func descriptors(named name: String) -> [Int32] {
    let opened = descriptors.filter { !DescriptorName.isStored($0.name) }
    if opened.count == 1 { return opened.map(\.descriptor) }
    return opened.filter { $0.name == name }.map(\.descriptor)
  }
}
