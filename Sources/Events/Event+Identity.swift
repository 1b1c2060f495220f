// The MESSAGE_ID and priority of every event. An ID never changes and is never reused; a new meaning gets a
// new ID (`systemd-id128 new`).

/// A syslog priority.
public enum Priority: UInt8, Sendable, Comparable {
  case error = 3
  case warning = 4
  case notice = 5
  case info = 6
  case debug = 7

  public static func < (a: Priority, b: Priority) -> Bool { a.rawValue < b.rawValue }

  /// Its name, here and in journalctl.
  public var name: String {
    switch self {
    case .error: "error"
    case .warning: "warning"
    case .notice: "notice"
    case .info: "info"
    case .debug: "debug"
    }
  }
}

/// A kind of event: one row of the catalog.
public struct EventKind: Hashable, Sendable {
  public var name: String
  public var messageID: String
  public var priority: Priority

  init(_ name: String, _ messageID: String, _ priority: Priority) {
    self.name = name
    self.messageID = messageID
    self.priority = priority
  }
}

extension Event {
  /// All kinds, in the order of the enum.
  public static let kinds: [EventKind] = [
    EventKind("started", "ffd2a7455d9d42349d8113f2c5836a99", .notice),
    EventKind("ready", "328d8fe56e7b4da48ccc368feee9ffaf", .notice),
    EventKind("stopping", "816797ffd2574f1d91f93ad0899747cd", .notice),
    EventKind("stopped", "07358c1e08c64986974ff231f8c8d66c", .notice),
    EventKind("connectionsPaused", "9e13df7299d548ccbd6c5b6527f67480", .warning),
    EventKind("connectionsResumed", "e7d0a5ca5e4649a8b7ab9363b0acd2b2", .notice),
    EventKind("sessionRefused", "81d06ad7befb4c80b2231033878aa7af", .warning),
    EventKind("entriesDropped", "84b5b34440f645e5be1385fdfb0dc755", .warning),
    EventKind("configurationReloaded", "9ad3a1985c1349a1964c9547b88e3e9b", .notice),
    EventKind("configurationRefused", "d462196d505b42c2818b36030ca99548", .error),
    EventKind("sessionOpened", "2ce440b79fd54ef89547c5d2ae339fe0", .info),
    EventKind("sessionClosed", "0496f52374fe4ce88d041de12a64386a", .info),
    EventKind("driverRegistered", "b22c0fbda0654f5b93455588a29a4abd", .info),
    EventKind("driverDeregistered", "0757c5331ddb4da4b835ab5def9862cf", .info),
    EventKind("adapterState", "d11e7572f9414ad2bd05884a766b0602", .info),
    EventKind("bindingOpened", "04f018b7fde847bf86952fe7ed1ecdab", .info),
    EventKind("bindingClosed", "4f0cebfe03cf48e9bb1e5b36202e4e2f", .info),
    EventKind("providerRegistered", "2e0b7c504ab54163b2cc6d7d7df89d06", .info),
    EventKind("providerReplaced", "48249eb44d6040bc975b3e37b0b0cec8", .info),
    EventKind("providerEnded", "878e117d21504602bf448b3053c6dfc2", .info),
    EventKind("providerStuck", "43f485db472f42d994119bf220dc8921", .warning),
    EventKind("violation", "dc1f3a268c64449284ef48e939925f0c", .warning),
    EventKind("advice", "ea471f08eace4519b9c856d65ecd7b80", .notice),
    EventKind("leak", "795198aa64f1405ca39bf8cd60c14c9b", .warning),
    EventKind("invalidProviderAnswer", "9ac0604c6eac4e05955d6a022ad51d35", .warning),
    EventKind("shortage", "1bf88406e12e4d0ea08f312f56a7d5f5", .notice),
    EventKind("storeRestored", "08a4be494d95428c9cb2de61cb0fb62f", .notice),
    EventKind("storeRejected", "5537f72ce60e4c6984f9dc19d297f220", .error),
    EventKind("sessionResumed", "b7e1ef4046e94e739ed11f0333e04061", .info),
    EventKind("sectionLost", "b455d009e09c4c23ba22e0d333da140b", .warning),
    EventKind("sectionNotPersisted", "e15609f593db4ef98a684e8b6746f0a1", .warning),
    EventKind("handedOver", "b6e0feb3a1b2400a9d58549b19dc942c", .notice),
    EventKind("crashedWhileHandling", "4e28d3652f534327905d3796c496eabd", .warning),
    EventKind("hostedDriverNotRestored", "e164408a59574ecea9ce9a7cd58e3ad9", .warning),
    EventKind("listsAwaited", "7d0f2f5c6b1e4a3e9c5d8a41e2b7f096", .notice),
    EventKind("repeated", "0811e5ac7e9a499581614f4f50e102a0", .warning),
  ]

  private var row: Int {
    switch self {
    case .started: 0
    case .ready: 1
    case .stopping: 2
    case .stopped: 3
    case .connectionsPaused: 4
    case .connectionsResumed: 5
    case .sessionRefused: 6
    case .entriesDropped: 7
    case .configurationReloaded: 8
    case .configurationRefused: 9
    case .sessionOpened: 10
    case .sessionClosed: 11
    case .driverRegistered: 12
    case .driverDeregistered: 13
    case .adapterState: 14
    case .bindingOpened: 15
    case .bindingClosed: 16
    case .providerRegistered: 17
    case .providerReplaced: 18
    case .providerEnded: 19
    case .providerStuck: 20
    case .violation: 21
    case .advice: 22
    case .leak: 23
    case .invalidProviderAnswer: 24
    case .shortage: 25
    case .storeRestored: 26
    case .storeRejected: 27
    case .sessionResumed: 28
    case .sectionLost: 29
    case .sectionNotPersisted: 30
    case .handedOver: 31
    case .crashedWhileHandling: 32
    case .hostedDriverNotRestored: 33
    case .listsAwaited: 34
    case .repeated: 35
    }
  }

  /// The kind of this event.
  public var kind: EventKind { Event.kinds[row] }
}
