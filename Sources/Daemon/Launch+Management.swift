// Sets up the management plane: its socket is the one named `varlink` from the service manager, or a file
// next to the driver socket, or none if the configuration disables it. Every user who can enter the directory
// may connect, since queries are open to all.

import NDISManagementPlane
import NDISDriverPlane
import NDISConfiguration
import NDISEvents
import Glibc
import NDISManagementInterface
import NDISPlatform
import NDISServiceManager

extension Launch {
  /// The management sockets until the server takes them.
  final class Management {
    private var listener: StreamSocket?
    private var metricsListener: StreamSocket?
    /// Files that were created, to be removed at the end.
    private var files: [String] = []
    private let options: LaunchOptions

    /// - Parameter hasDirectory: the runtime directory was created; a daemon with socket activation has no
    ///   directory for a file otherwise.
    init(
      _ options: LaunchOptions, _ activation: Activation, _ directory: String, hasDirectory: Bool
    ) throws(StartFailure) {
      self.options = options
      let metrics = options.configuration.values.metricsSocket
      if !metrics.isEmpty { metricsListener = try listen(metrics) }
      guard options.configuration.values.management else { return }
      if let inherited = activation.socket(named: "varlink") {
        do throws(SystemError) {
          listener = try StreamSocket.listener(adopting: Descriptor(owning: inherited))
        } catch { throw StartFailure("the service manager's management socket: \(error)") }
        return
      }
      guard hasDirectory else { return }
      listener = try listen("\(directory)/\(ManagementSocket.fileName)")
    }

    /// Accessible to every user who can enter the directory.
    private func listen(_ path: String) throws(StartFailure) -> StreamSocket {
      do throws(SocketPathProblem) {
        let listener = try StreamSocket.listener(path: path, mode: 0o666, backlog: 1024)
        files.append(path)
        return listener
      } catch { throw StartFailure("\(error)") }
    }

    /// The sockets for the server. Without a socket they still serve SIGHUP.
    func sockets(
      _ switchboard: Switchboard, _ recorder: EventRecorder, _ sink: EventSink,
      _ link: ServiceManagerLink, driverSocket: String?, _ report: @escaping (Event) -> Void
    ) throws(SystemError) -> ManagementSockets {
      var host = ManagementHost()
      host.version = options.version
      host.driverSocket = driverSocket
      host.configuration = ReloadableConfiguration(options.configuration, read: options.reload)
      host.setMinimumPriority = { sink.minimumPriority = $0 }
      host.droppedEntries = { sink.dropped }
      host.report = report
      host.reloading = { isGoingOn in
        if isGoingOn {
          link.reloading(status: "Reading the configuration")
        } else {
          link.ready()
        }
      }
      let plane: ManagementPlane
      do throws(StartFailure) {
        plane = try ManagementPlane(ManagementService(switchboard, recorder, host))
      } catch { throw SystemError(errno: EINVAL, operation: "\(error)") }
      let sockets = try ManagementSockets(plane: plane, listener: listener.take())
      if let metrics = metricsListener.take() {
        sockets.metrics = MetricsSocket(listener: metrics, service: plane.service)
      }
      return sockets
    }

    func removeFiles() {
      for file in files { _ = unsafe unlink(file) }
    }
  }
}

extension Activation {
  /// The inherited socket with exactly this name. Unlike the driver socket, a management socket is never
  /// assumed from being the only one.
  func socket(named name: String) -> Int32? {
    descriptors.first { $0.name == name }?.descriptor
  }
}
