// Startup and shutdown of the daemon. Startup order: signals are blocked, then the log, NDIS with its hosted
// providers, and the socket; READY=1 is sent when all of it is up. Shutdown is the reverse.

import NDISManagementPlane
import NDISConfiguration
package import NDISDriverPlane
import NDISEvents
import Glibc
import NDISHostedDrivers
import NDIS
import NDISPlatform
import NDISServiceManager
import NDISSimulator

/// Why a daemon failed to start, as a sentence.
package typealias StartFailure = NDISDriverPlane.StartFailure

/// Runs a daemon.
package enum Launch {
  /// The exit status of a daemon that has handed over. The unit restarts it on this status
  /// (RestartForceExitStatus=), and the next process resumes its sessions.
  package static let handedOverStatus: Int32 = 75

  /// Serves until a signal arrives; throws a sentence if it cannot start. Returns whether it has handed over
  /// to the next process.
  package static func run(_ options: LaunchOptions) throws(StartFailure) -> Bool {
    let activation: Activation
    let sink: EventSink
    let link: ServiceManagerLink
    // Before any thread starts, so that all threads inherit the mask.
    let signals = try blockSignals()
    do throws(SystemError) {
      activation = try Activation.take()
      // With fewer descriptors it serves fewer clients: not a reason to fail.
      _ = try? NDISPlatform.Limits.raiseDescriptorLimit()
      sink = try EventSink(
        minimumPriority: options.configuration.values.minimumPriority, outputs: options.outputs)
      link = try ServiceManagerLink()
    } catch { throw StartFailure("\(error)") }
    let recorder = EventRecorder()
    let report = { (event: Event) in
      sink.post(event)
      recorder.record(event)
    }
    report(.started(version: options.version, pid: getpid(), seed: options.settings.seed))
    var isHandedOver = false
    do throws(StartFailure) {
      isHandedOver = try serve(options, activation, signals, sink, link, recorder, report)
    } catch {
      link.failed(errno: EINVAL, status: error.description)
      sink.close()
      link.close()
      throw error
    }
    sink.post(.stopped)
    sink.close()
    // Every descriptor has been sent to the descriptor store on return.
    link.close()
    return isHandedOver
  }

  private static func blockSignals() throws(StartFailure) -> Signals {
    do throws(SystemError) { return try Signals() } catch { throw StartFailure("\(error)") }
  }

  private static func serve(
    _ options: LaunchOptions, _ activation: Activation, _ signals: consuming Signals,
    _ sink: EventSink, _ link: ServiceManagerLink, _ recorder: EventRecorder,
    _ report: @escaping (Event) -> Void
  ) throws(StartFailure) -> Bool {
    defer { CrashMark.clear() }
    var isHandedOver = false
    var inherited = InheritedDescriptors(activation.descriptors, known: ["driver", "varlink"])
    let switchboard = try begin(options, &inherited, link, report)
    if DebugRequests.areWanted { switchboard.beforeRequest = DebugRequests.carryOut }
    let path: String
    let listener: PacketSocket
    var madeSocket = false
    let directory = RuntimeDirectory.find(explicit: options.runtimeDirectory)
    if let inherited = activation.descriptors(named: "driver").first {
      do throws(SystemError) {
        listener = try PacketSocket.listener(adopting: Descriptor(owning: inherited))
      } catch { throw StartFailure("the service manager's socket cannot serve: \(error)") }
      path = listener.localPath ?? "a socket of the service manager"
    } else {
      try RuntimeDirectory.make(directory)
      path = directory + "/driver"
      do throws(SocketPathProblem) {
        listener = try PacketSocket.listener(path: path, mode: 0o660, backlog: 4096)
      } catch { throw StartFailure("\(error)") }
      madeSocket = true
    }
    defer { if madeSocket { _ = unsafe unlink(path) } }
    let management = try Management(options, activation, directory, hasDirectory: madeSocket)
    defer { management.removeFiles() }
    do throws(SystemError) {
      var server = try Server(
        switchboard: switchboard, listener: listener, signals: signals, sink: sink, link: link,
        recorder: recorder,
        management: try management.sockets(
          switchboard, recorder, sink, link, driverSocket: listener.localPath, report),
        limits: Server.Limits(options.configuration.values))
      for (inode, descriptor) in inherited.connections {
        server.adopt(connection: Descriptor(owning: descriptor), inode: inode)
      }
      switchboard.beginResumeGracePeriod()
      report(.ready(socket: path))
      link.ready(status: "Ready on \(path)")
      switch try server.run() {
      case .handOver:
        isHandedOver = true
        // The next process repeats the replies that are in flight.
        report(.handedOver(reason: "SIGUSR2"))
        link.stopping(status: "Handing over")
      case .stop(let signal):
        report(.stopping(reason: signal))
        link.stopping(status: "Ending sessions")
        server.shutDown()
      }
    } catch { throw StartFailure("\(error)") }
    return isHandedOver
  }
}
