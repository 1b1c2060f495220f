// The events of the simulator and the daemon, as one enum. Every event has a MESSAGE_ID, a priority, a
// sentence and typed fields; the journal, the log on stderr and the tests use the same events. Single
// allocations are not events: a driver makes a hundred thousand a second. Events are lifecycle changes,
// violations, leaks, refusals due to shortage, and changes of the daemon's own state.
//
// To add an event, follow the compiler's errors through kind, fields, sentence and repetition; then
// `EventTests` require a sample of it (`Samples.swift`), and `JournalPageTests` its entry in
// systemd/ndissim.catalog and its rows in docs/journal.md.

public import NDIS

/// The client that an event concerns, by names, so that it is readable after the objects have been removed.
public struct Party: Hashable, Sendable {
  /// The driver's name, or the client's before it registered one.
  public var driver: Name
  public var adapter: Name
  /// The binding or filter module; null if none is concerned.
  public var binding: Handle
  /// The session's number, which is never reused while the store lives.
  public var session: UInt32
  public var pid: Int32
  public var uid: UInt32

  public init(
    driver: Name = Name(), adapter: Name = Name(), binding: Handle = .null, session: UInt32 = 0,
    pid: Int32 = 0, uid: UInt32 = 0
  ) {
    self.driver = driver
    self.adapter = adapter
    self.binding = binding
    self.session = session
    self.pid = pid
    self.uid = uid
  }
}

/// A violation of a rule of the contract.
public struct Violation: Hashable, Sendable {
  public var failure: Failure
  /// The routine or handler in which it occurred.
  public var routine: String
  /// The corresponding bug check; nil where Windows would only return a status.
  public var bugCheck: BugCheck?
  public var irql: IRQL
  public var handle: Handle
  public var party: Party
  /// The allocation concerned.
  public var origin: AllocationOrigin

  public init(
    failure: Failure, routine: String, bugCheck: BugCheck?, irql: IRQL, handle: Handle,
    party: Party, origin: AllocationOrigin = AllocationOrigin()
  ) {
    self.failure = failure
    self.routine = routine
    self.bugCheck = bugCheck
    self.irql = irql
    self.handle = handle
    self.party = party
    self.origin = origin
  }
}

/// A block that its owner did not free.
public struct LeakedBlock: Hashable, Sendable {
  public var party: Party
  public var handle: Handle
  public var queueID: UInt32
  public var usage: SharedMemoryUsage
  public var length: UInt32
  /// Milliseconds since the allocation.
  public var age: UInt64
  public var origin: AllocationOrigin

  public init(
    party: Party, handle: Handle, queueID: UInt32, usage: SharedMemoryUsage, length: UInt32,
    age: UInt64, origin: AllocationOrigin
  ) {
    self.party = party
    self.handle = handle
    self.queueID = queueID
    self.usage = usage
    self.length = length
    self.age = age
    self.origin = origin
  }
}

/// A binding that holds lists which something waits for.
public struct AwaitedHolder: Hashable, Sendable {
  public var party: Party
  public var lists: UInt64
  /// The handler or request that waits.
  public var waiter: String
  /// The queue or VPort they were indicated on, when only those are waited for.
  public var queueID: UInt32?
  public var vportID: UInt32?

  public init(
    party: Party, lists: UInt64, waiter: String, queueID: UInt32? = nil, vportID: UInt32? = nil
  ) {
    self.party = party
    self.lists = lists
    self.waiter = waiter
    self.queueID = queueID
    self.vportID = vportID
  }
}

/// An event.
public enum Event: Hashable, Sendable {
  // The daemon
  case started(version: String, pid: Int32, seed: UInt64)
  case ready(socket: String)
  case stopping(reason: String)
  case stopped
  case connectionsPaused(open: UInt64, limit: UInt64)
  case connectionsResumed
  case sessionRefused(Party, Failure)
  case entriesDropped(UInt64)
  /// `changed` keys have a new value, `waiting` ones require a restart.
  case configurationReloaded(changed: UInt64, waiting: UInt64)
  /// The first problem; the previous configuration remains in force.
  case configurationRefused(problem: String, more: UInt64)
  // Sessions
  case sessionOpened(Party)
  case sessionClosed(Party, reason: String)
  // Objects
  case driverRegistered(Party, Handle, NDISVersion)
  case driverDeregistered(Party, Handle)
  case adapterState(Party, Handle, from: String, to: String)
  case bindingOpened(Party, Handle)
  case bindingClosed(Party, Handle)
  /// A pause, or the end of a queue or VPort, waits for lists that this binding holds.
  case listsAwaited(AwaitedHolder)
  case providerRegistered(Party, Handle, context: UInt64)
  case providerReplaced(Party, Handle, context: UInt64)
  case providerEnded(Party, Handle, blocks: UInt64, died: Bool)
  case providerStuck(Party, Handle, upcall: UInt64)
  // Errors
  case violation(Violation)
  /// A page says "should", and a driver did otherwise: counted, and nobody is blamed.
  case advice(Violation)
  case leak(LeakedBlock)
  case invalidProviderAnswer(Violation)
  case shortage(Party, Failure, AllocationOrigin)
  // Restarts
  /// The store of the previous process was restored.
  case storeRestored(sessions: UInt64, connections: UInt64, blocks: UInt64, milliseconds: UInt64)
  /// The store could not be restored and a new one was created; `keptAs` is the path of a copy for
  /// inspection, or empty.
  case storeRejected(problem: String, keptAs: String)
  /// A client resumed its session, on its old connection or on a new one.
  case sessionResumed(Party, reconnected: Bool)
  /// The memory of a section is lost: its blocks remain, but cannot be mapped by other processes. The party
  /// is the provider.
  case sectionLost(Party, Handle, blocks: UInt64)
  /// The descriptor store is full: the section will not outlive the daemon. The party is the provider.
  case sectionNotPersisted(Party, Handle, limit: UInt64)
  /// The daemon exits and passes its state to the next process.
  case handedOver(reason: String)
  /// The previous process crashed while handling this. The second consecutive time it is `refused`.
  case crashedWhileHandling(Party, what: String, id: UInt64, refused: Bool)
  /// A hosted miniport or provider could not be restored.
  case hostedDriverNotRestored(Party, problem: String)
  // The log itself
  case repeated(Repetition)
}
