// What the simulator and the daemon have to say, as one enum. Every event has a MESSAGE_ID, a priority,
// a sentence and typed fields; the same events feed the journal, the log on stderr and the tests. Single
// allocations are not events: a driver makes a hundred thousand a second. Life cycle, violations, leaks,
// refusals for shortage and the daemon's own state are.
//
// A new event: the compiler leads from here through kind, fields, sentence and repetition; then
// `EventTests` ask for a sample of it (`Samples.swift`), and `JournalPageTests` for its entry in
// systemd/ndissim.catalog and its rows in docs/journal.md.

public import NDIS

/// Who an event is about: names, so that it can be read after the objects are gone.
public struct Party: Hashable, Sendable {
  /// The driver's name, or the client's before it registered one.
  public var driver: Name
  public var adapter: Name
  public var session: UInt32
  public var pid: Int32
  public var uid: UInt32

  public init(
    driver: Name = Name(), adapter: Name = Name(), session: UInt32 = 0, pid: Int32 = 0,
    uid: UInt32 = 0
  ) {
    self.driver = driver
    self.adapter = adapter
    self.session = session
    self.pid = pid
    self.uid = uid
  }
}

/// A broken rule of the contract.
public struct Violation: Hashable, Sendable {
  public var failure: Failure
  /// The routine or handler in which it happened.
  public var routine: String
  /// The bug check it would have been; nil where Windows would return a status only.
  public var bugCheck: BugCheck?
  public var irql: IRQL
  public var handle: Handle
  public var party: Party

  public init(
    failure: Failure, routine: String, bugCheck: BugCheck?, irql: IRQL, handle: Handle,
    party: Party
  ) {
    self.failure = failure
    self.routine = routine
    self.bugCheck = bugCheck
    self.irql = irql
    self.handle = handle
    self.party = party
  }
}

/// A block its owner did not free.
public struct LeakedBlock: Hashable, Sendable {
  public var party: Party
  public var handle: Handle
  public var queueID: UInt32
  public var usage: SharedMemoryUsage
  public var length: UInt32
  /// Milliseconds since the allocation.
  public var age: UInt64
  public var tag: UInt32
  public var site: Site

  public init(
    party: Party, handle: Handle, queueID: UInt32, usage: SharedMemoryUsage, length: UInt32,
    age: UInt64, tag: UInt32, site: Site
  ) {
    self.party = party
    self.handle = handle
    self.queueID = queueID
    self.usage = usage
    self.length = length
    self.age = age
    self.tag = tag
    self.site = site
  }
}

/// Something that happened.
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
  /// `changed` keys have a new value, `waiting` ones need a restart for it.
  case configurationReloaded(changed: UInt64, waiting: UInt64)
  /// The first problem; the configuration that was in force still is.
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
  case providerRegistered(Party, Handle, context: UInt64)
  case providerReplaced(Party, Handle, context: UInt64)
  case providerEnded(Party, Handle, blocks: UInt64, died: Bool)
  case providerStuck(Party, Handle, upcall: UInt64)
  // Trouble
  case violation(Violation)
  case leak(LeakedBlock)
  case invalidProviderAnswer(Violation)
  case shortage(Party, Failure)
  // Restarts
  /// The store of the process before this one was taken over.
  case storeRestored(sessions: UInt64, connections: UInt64, blocks: UInt64, milliseconds: UInt64)
  /// It was not, and everything begins anew; `keptAs` is where it can be looked at, or nothing.
  case storeRejected(problem: String, keptAs: String)
  /// A client goes on with its session, on its old connection or a new one.
  case sessionResumed(Party, reconnected: Bool)
  /// The memory of a section is gone: its blocks live, but nobody else can be given them. The party is the
  /// provider.
  case sectionLost(Party, Handle, blocks: UInt64)
  /// The service manager has no room for it: it will not outlive the daemon. The party is the provider.
  case sectionNotPersisted(Party, Handle, limit: UInt64)
  /// The daemon ends, and leaves everything to the one that comes after it.
  case handedOver(reason: String)
  /// The process before this one died while it handled this. At the second time in a row it is `refused`.
  case crashedWhileHandling(Party, what: String, id: UInt64, refused: Bool)
  /// A hosted miniport or provider could not be carried over.
  case hostedDriverNotRestored(Party, problem: String)
  // The log's own
  case repeated(Repetition)
}
