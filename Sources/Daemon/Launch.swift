// Starting and ending a daemon in order: signals are blocked first, the log next, then NDIS with its
// hosted providers, then the socket; only when all of that stands is READY said. The end is the same
// backwards.

import Configuration
import Events
import Glibc
import HostedDrivers
import NDIS
import Platform
import ServiceManager
import Simulator

/// Runs a daemon.
public enum Launch {
  /// Serves until a signal; throws a sentence when it cannot start.
  public static func run(_ options: LaunchOptions) throws(StartFailure) {
    let activation: Activation
    let sink: EventSink
    // Before any thread starts, so that every thread has them blocked.
    let signals = try blockSignals()
    do throws(SystemError) {
      activation = try Activation.take()
      // A daemon with fewer descriptors serves fewer clients; that is no reason not to start.
      _ = try? Platform.Limits.raiseDescriptorLimit()
      sink = try EventSink(
        minimumPriority: options.configuration.values.minimumPriority, outputs: options.outputs)
    } catch { throw StartFailure("\(error)") }
    let recorder = EventRecorder()
    let tell = { (event: Event) in
      sink.post(event)
      recorder.record(event)
    }
    tell(.started(version: options.version, pid: getpid(), seed: options.settings.seed))
    do throws(StartFailure) {
      try serve(options, activation, signals, sink, recorder, tell)
    } catch {
      sink.failed(errno: EINVAL, status: error.description)
      sink.close()
      throw error
    }
    sink.post(.stopped)
    sink.close()
  }

  private static func blockSignals() throws(StartFailure) -> Signals {
    do throws(SystemError) { return try Signals() } catch { throw StartFailure("\(error)") }
  }

  private static func serve(
    _ options: LaunchOptions, _ activation: Activation, _ signals: consuming Signals,
    _ sink: EventSink, _ recorder: EventRecorder, _ tell: @escaping (Event) -> Void
  ) throws(StartFailure) {
    var settings = options.settings
    settings.pageSize = UInt32(clamping: Platform.Limits.pageSize)
    let switchboard = try Switchboard(
      settings: settings, pools: options.pools, onEvent: tell)
    for miniport in options.miniports {
      do throws(Failure) { try switchboard.addMiniport(miniport) } catch {
        throw StartFailure("miniport \(miniport.name): \(error.sentence)")
      }
    }
    // Nobody else is there to be waited for: they run, or it was said why not.
    guard switchboard.miniports.allSatisfy(\.isRunning) else {
      throw StartFailure("a hosted miniport does not come up")
    }
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
        switchboard: switchboard, listener: listener, signals: signals, sink: sink,
        recorder: recorder,
        management: try management.sockets(
          switchboard, recorder, sink, driverSocket: listener.localPath, tell),
        limits: Server.Limits(options.configuration.values))
      tell(.ready(socket: path))
      sink.ready(status: "Ready on \(path)")
      let signal = try server.run()
      tell(.stopping(reason: signal))
      sink.stopping(status: "Ending sessions")
      server.shutDown()
    } catch { throw StartFailure("\(error)") }
  }
}
