// One event of every kind, in the order of the enum, each with every field it can have: docs/journal.md
// is held to them, and shows their sentences.

import NDISEvents
import NDIS

enum Samples {
  static let party = Party(
    driver: Name("netvsc"), adapter: Name("eth7"),
    binding: Handle(kind: .binding, generation: 3, index: 4), session: 4, pid: 321, uid: 0)
  static let origin = AllocationOrigin(tag: 0x3167_6154, site: Site("rx.c:12"))
  static let handle = Handle(kind: .miniportDriver, generation: 1, index: 2)
  static let failure = Failure(.failure, .doubleFree, 7)
  static let violation = Violation(
    failure: failure, routine: "NdisFreeSharedMemory",
    bugCheck: BugCheck(code: BugCheck.ndisDriver, 1, 2, 3, 4, isExtension: true), irql: .dispatch,
    handle: handle, party: party, origin: origin)
  static let advice = Violation(
    failure: failure, routine: "NdisFreeSharedMemory", bugCheck: nil, irql: .passive,
    handle: handle, party: party, origin: origin)
  static let leak = LeakedBlock(
    party: party, handle: handle, queueID: 3, usage: .receive, length: 4096, age: 12,
    origin: origin)

  /// With rule, queue and bytes, which no single kind has together.
  static let repetition = Repetition(
    kind: Event.violation(violation).kind,
    subject: RepetitionSubject(
      kind: Event.violation(violation).kind, party: party, rule: "doubleFree", queueID: 3),
    count: 12_345, bytes: 4096, milliseconds: 10_002)

  static let all: [Event] = [
    .started(version: "1.0", pid: 12, seed: 5), .ready(socket: "/run/ndissim/driver"),
    .stopping(reason: "SIGTERM"), .stopped, .connectionsPaused(open: 64, limit: 64),
    .connectionsResumed, .sessionRefused(party, Failure(.resources, .quotaSessions, 8, 8)),
    .entriesDropped(3),
    .configurationReloaded(changed: 2, waiting: 1),
    .configurationRefused(problem: "ndissimd.toml:3:8: pools.big.capacity is 12", more: 1),
    .sessionOpened(party), .sessionClosed(party, reason: "the peer left"),
    .driverRegistered(party, handle, NDISVersion(6, 30)), .driverDeregistered(party, handle),
    .adapterState(party, handle, from: "Paused", to: "Running"), .bindingOpened(party, handle),
    .bindingClosed(party, handle), .providerRegistered(party, handle, context: 9),
    .providerReplaced(party, handle, context: 9),
    .providerEnded(party, handle, blocks: 1, died: true), .providerStuck(party, handle, upcall: 5),
    .violation(violation), .advice(advice), .leak(leak),
    .invalidProviderAnswer(violation),
    .shortage(party, Failure(.resources, .quotaBytes, 2, 1), origin),
    .storeRestored(sessions: 3, connections: 2, blocks: 100, milliseconds: 12),
    .storeRejected(
      problem: "it was written with another layout", keptAs: "/var/lib/ndissim/refused-store"),
    .sessionResumed(party, reconnected: true), .sectionLost(party, handle, blocks: 2),
    .sectionNotPersisted(party, handle, limit: 4096), .handedOver(reason: "SIGUSR2"),
    .crashedWhileHandling(party, what: "request", id: 7, refused: true),
    .hostedDriverNotRestored(party, problem: "no slot is free for its state"),
    .listsAwaited(
      AwaitedHolder(
        party: party, lists: 2, waiter: "OID_RECEIVE_FILTER_FREE_QUEUE", queueID: 3, vportID: 4)),
    .repeated(repetition),
  ]
}
