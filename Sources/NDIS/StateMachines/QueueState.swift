// The states of a receive queue and the events that move it: the documents' table (queue-states-and-
// operations) as data. A pair that is not in the table is an invalid combination: refused, and nothing
// changes (the documents call it invalid, refusing it is ours). An event happens when its request has
// succeeded; one that failed does not move the queue. While SET_FILTER is being processed on a paused
// queue, the miniport may indicate already, provided it then completes the OID with SUCCESS: that is an
// event of its own. Stop DMA is entered with FREE_QUEUE, as the table says; the page of the enumeration
// says only when DmaStopped has been indicated.

/// A state of a receive queue. The default queue is always Running and has no table.
public enum QueueState: UInt8, Sendable, CaseIterable {
  case undefined = 0
  case allocated = 1
  case set = 2
  case running = 3
  case paused = 4
  case stopDMA = 5
  case freeing = 6

  /// The documents' name of the state.
  public var name: String {
    switch self {
    case .undefined: "Undefined"
    case .allocated: "Allocated"
    case .set: "Set"
    case .running: "Running"
    case .paused: "Paused"
    case .stopDMA: "Stop DMA"
    case .freeing: "Freeing"
    }
  }
}

/// Something that happens to a queue.
public enum QueueEvent: UInt8, Sendable, CaseIterable {
  case allocateQueue
  case queueParametersMethod, queueParametersSet
  case setFilter, clearLastFilter, clearFilter
  case enumFilters, filterParameters
  case allocationComplete
  case receive, receiveDuringSetFilter
  case freeQueue, dmaStopped, resourcesFreed

  /// What the documentation calls it.
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
    }
  }
}

extension QueueState {
  /// A filled cell of the table.
  public typealias Cell = (event: QueueEvent, from: QueueState, to: QueueState)

  /// Every filled cell.
  public static let table: [Cell] = [
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
  ]
  #if MUTANTS
    .mutated("queue") { _ in nil }
  #endif

  /// The state after `event`, nil for an invalid combination.
  public func after(_ event: QueueEvent) -> QueueState? {
    for cell in Self.table where cell.event == event && cell.from == self { return cell.to }
    return nil
  }

  /// The state NDIS reports, which is coarser (A25): a queue that is allocated but does not receive is
  /// Paused.
  public var reported: ReceiveQueueOperationalState {
    switch self {
    case .undefined: .undefined
    case .allocated, .set, .paused: .paused
    case .running: .running
    case .stopDMA, .freeing: .dmaStopped
    }
  }

  /// Whether NdisAllocateSharedMemory is legal for the queue (A28): from its allocation until FREE_QUEUE.
  public var mayAllocateMemory: Bool {
    switch self {
    case .allocated, .set, .running, .paused: true
    case .undefined, .stopDMA, .freeing: false
    }
  }

  /// The table, to be drawn.
  public static var diagram: StateDiagram {
    StateDiagram(
      title: "queue", states: allCases.map(\.name), events: QueueEvent.allCases.map(\.name),
      cells: table.map {
        StateDiagram.Cell(
          event: Int($0.event.rawValue), from: Int($0.from.rawValue), to: Int($0.to.rawValue))
      })
  }
}
