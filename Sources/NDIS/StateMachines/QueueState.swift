// The states of a receive queue and its events: the documents' table (queue-states-and-operations) as data,
// with extension rows. A pair that is not in the table is an invalid combination: refused, without a change
// (the documents call it invalid, refusing it is our choice). An event happens when its request has
// succeeded; one that failed does not change the queue, except for FREE_QUEUE: the queue enters Stop DMA as
// soon as the request is sent to the miniport, and its failure is an event too. While SET_FILTER is in
// progress on a paused queue the miniport may already indicate, provided it then completes the OID with
// SUCCESS: that is an event of its own. Stop DMA is entered with FREE_QUEUE, as the table says; the page of
// the enumeration mentions only the indication of DmaStopped.

/// A state of a receive queue. The default queue is always Running and has no table.
public enum QueueState: UInt8, Sendable, CaseIterable {
  case undefined = 0
  case allocated = 1
  case set = 2
  case running = 3
  case paused = 4
  case stopDMA = 5
  case freeing = 6
  /// Extension: FREE_QUEUE has ended while lists or memory of the queue were outstanding. No request can name
  /// the queue any more; its id is not reused before the last of them has been returned.
  case reclaiming = 7

  /// The documented name of the state.
  public var name: String {
    switch self {
    case .undefined: "Undefined"
    case .allocated: "Allocated"
    case .set: "Set"
    case .running: "Running"
    case .paused: "Paused"
    case .stopDMA: "Stop DMA"
    case .freeing: "Freeing"
    case .reclaiming: "Reclaiming"
    }
  }
}

extension QueueState {
  /// Whether the queue's memory may be freed: DMA into it has not begun, was stopped with the last filter, or
  /// has ended with the indication of DmaStopped (oid-receive-filter-free-queue, ndis-virtual-machine-queue-states).
  public var mayFreeMemory: Bool { self != .running && self != .stopDMA }
}

/// An event of a queue's state machine.
public enum QueueEvent: UInt8, Sendable, CaseIterable {
  case allocateQueue
  case queueParametersMethod, queueParametersSet
  case setFilter, clearLastFilter, clearFilter
  case enumFilters, filterParameters
  case allocationComplete
  case receive, receiveDuringSetFilter
  case freeQueue, dmaStopped, resourcesFreed
  /// Extension: FREE_QUEUE has failed, and the queue has returned to its previous state.
  case freeFailedAllocated, freeFailedPaused
  /// Extension: FREE_QUEUE has ended while lists or memory of the queue were outstanding.
  case resourcesLeft
  /// Extension: the adapter has been removed without its queues having been freed.
  case adapterRemoved

  /// The documented name of the event.
  public var name: String {
    switch self {
    case .allocateQueue: "ALLOCATE_QUEUE (method)"
    case .queueParametersMethod: "QUEUE_PARAMETERS (method)"
    case .queueParametersSet: "QUEUE_PARAMETERS (set)"
    case .setFilter: "SET_FILTER (method)"
    case .clearLastFilter: "CLEAR_FILTER, last filter"
    case .clearFilter: "CLEAR_FILTER, not last"
    case .enumFilters: "ENUM_FILTERS (method)"
    case .filterParameters: "RECEIVE_FILTER_PARAMETERS (method)"
    case .allocationComplete: "QUEUE_ALLOCATION_COMPLETE (method)"
    case .receive: "receive"
    case .receiveDuringSetFilter: "receive while SET_FILTER is pending"
    case .freeQueue: "FREE_QUEUE (set)"
    case .dmaStopped: "DMA stopped, state indicated"
    case .resourcesFreed: "indications back, resources freed"
    case .freeFailedAllocated: "FREE_QUEUE failed, was Allocated"
    case .freeFailedPaused: "FREE_QUEUE failed, was Paused"
    case .resourcesLeft: "FREE_QUEUE ended, resources left"
    case .adapterRemoved: "adapter removed"
    }
  }

  /// Whether the event is an extension.
  public var isExtension: Bool { rawValue >= QueueEvent.freeFailedAllocated.rawValue }

  /// The failure event of a FREE_QUEUE sent in `state`; nil where FREE_QUEUE is invalid.
  public static func freeFailed(from state: QueueState) -> QueueEvent? {
    switch state {
    case .allocated: .freeFailedAllocated
    case .paused: .freeFailedPaused
    default: nil
    }
  }
}

extension QueueState {
  /// The table.
  public static let table = StateTable<QueueState, QueueEvent>(
    "queue",
    documented: [
      (.allocateQueue, .undefined, .allocated),
      (.queueParametersMethod, .allocated, .allocated),
      (.queueParametersMethod, .set, .set),
      (.queueParametersMethod, .running, .running),
      (.queueParametersMethod, .paused, .paused),
      (.queueParametersSet, .allocated, .allocated),
      (.queueParametersSet, .set, .set),
      (.queueParametersSet, .running, .running),
      (.queueParametersSet, .paused, .paused),
      (.setFilter, .allocated, .set),
      (.setFilter, .set, .set),
      (.setFilter, .running, .running),
      (.setFilter, .paused, .running),
      (.clearLastFilter, .set, .allocated),
      (.clearLastFilter, .running, .paused),
      (.clearFilter, .set, .set),
      (.clearFilter, .running, .running),
      (.enumFilters, .allocated, .allocated),
      (.enumFilters, .set, .set),
      (.enumFilters, .running, .running),
      (.enumFilters, .paused, .paused),
      (.filterParameters, .set, .set),
      (.filterParameters, .running, .running),
      (.allocationComplete, .allocated, .paused),
      (.allocationComplete, .set, .running),
      (.receive, .running, .running),
      (.receiveDuringSetFilter, .running, .running),
      (.receiveDuringSetFilter, .paused, .paused),
      (.freeQueue, .allocated, .stopDMA),
      (.freeQueue, .paused, .stopDMA),
      (.dmaStopped, .stopDMA, .freeing),
      (.resourcesFreed, .freeing, .undefined),
    ],
    extensions: [
      // Ended without DmaStopped: a violation, unless it is NDIS's own request that the miniport failed.
      (.resourcesFreed, .stopDMA, .undefined),
      (.resourcesLeft, .stopDMA, .reclaiming),
      (.resourcesLeft, .freeing, .reclaiming),
      (.resourcesFreed, .reclaiming, .undefined),
      (.freeFailedAllocated, .stopDMA, .allocated),
      (.freeFailedAllocated, .freeing, .allocated),
      (.freeFailedPaused, .stopDMA, .paused),
      (.freeFailedPaused, .freeing, .paused),
      (.adapterRemoved, .allocated, .undefined),
      (.adapterRemoved, .set, .undefined),
      (.adapterRemoved, .running, .undefined),
      (.adapterRemoved, .paused, .undefined),
    ])

  /// The state after `event`, nil for an invalid combination. Only looks the row up.
  public func after(_ event: QueueEvent) -> QueueState? {
    Self.table.state(after: event, in: self)
  }

  /// The state after `event`, counted as a taken row.
  public func taking(_ event: QueueEvent) -> QueueState? { Self.table.take(event, in: self) }

  /// Whether a request can name the queue: it has been allocated, and its FREE_QUEUE has not ended.
  public var isLive: Bool { self != .undefined && self != .reclaiming }

  /// The state NDIS reports, which is coarser (A25): a queue that is allocated but does not receive is
  /// Paused. Undefined and Reclaiming are not reported.
  public var reported: ReceiveQueueOperationalState {
    switch self {
    case .undefined, .reclaiming: .undefined
    case .allocated, .set, .paused: .paused
    case .running: .running
    case .stopDMA, .freeing: .dmaStopped
    }
  }

  /// Whether NdisAllocateSharedMemory is legal for the queue (A28): from its allocation until FREE_QUEUE.
  public var mayAllocateMemory: Bool {
    switch self {
    case .allocated, .set, .running, .paused: true
    case .undefined, .stopDMA, .freeing, .reclaiming: false
    }
  }

  /// The table as a diagram.
  public static var diagram: StateDiagram {
    StateDiagram(
      table, states: allCases.map { ($0.name, $0 == .reclaiming) },
      events: QueueEvent.allCases.map { ($0.name, $0.isExtension) })
  }
}
