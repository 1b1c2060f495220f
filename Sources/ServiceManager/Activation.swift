// Socket activation: sockets that the service manager opened for this process. They are identified by the
// name in their unit (FileDescriptorName=), not by position; a single socket is used whatever its name, since
// `systemd-socket-activate` gives none. Taking them unsets the environment variables, so that no child takes
// them too; take them once, before any thread is started. The descriptors are close-on-exec and owned by the
// caller, which checks the type of each socket.

import CNDISSystemd
import Glibc
public import NDISPlatform

/// The inherited descriptors.
public struct Activation: Sendable {
  /// Names and descriptors, in the order they were passed.
  public let descriptors: [(name: String, descriptor: Int32)]

  public init(descriptors: [(name: String, descriptor: Int32)]) {
    self.descriptors = descriptors
  }

  /// Takes the inherited descriptors; none if the process was started manually.
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

  /// The descriptors with this name, or the only one, whatever its name. Descriptors from the descriptor
  /// store are excluded.
  public func descriptors(named name: String) -> [Int32] {
    let opened = descriptors.filter { !DescriptorName.isStored($0.name) }
    if opened.count == 1 { return opened.map(\.descriptor) }
    return opened.filter { $0.name == name }.map(\.descriptor)
  }
}
