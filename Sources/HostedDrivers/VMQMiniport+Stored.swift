// Saving a hosted miniport's state as rows of the store, and restoring it. The first row has its settings and
// its single fields; then a row for each queue or VPort, then its filters, 20 to a row. Its calls without a
// reply are kept by its host.

public import NDISDriverInterface
public import NDIS

/// The maximum number of rows of a hosted miniport.
public enum VMQRows {
  static let queues: UInt32 = 1
  static let filters: UInt32 = queues + VMQSettings.maximumQueues + 1
  static let filtersPerRow = 20
  public static let count: UInt32 =
    filters + UInt32(VMQMiniport.maximumFilters / filtersPerRow) + 1
}

private struct HeadRecord: BitwiseCopyable {
  var name: Name
  var queues: UInt32
  var vports: UInt32
  var queueMemory: UInt32
  var version: NDISVersion
  var frameLength: UInt32
  var framesPerSecond: UInt32
  var pends: UInt32
  var filters: UInt32
  var state: VMQState
}

private struct FiltersRecord: BitwiseCopyable {
  var filters = InlineArray<20, VMQFilter>(repeating: VMQFilter())
}

extension VMQSettings.Pends {
  fileprivate var number: UInt32 {
    UInt32(clamping: VMQSettings.Pends.allCases.firstIndex(of: self) ?? 0)
  }
}

extension VMQMiniport {
  /// Its rows, by position.
  public func rows(_ keep: (UInt32, HostRow) -> Void) {
    keep(
      0,
      HostRow(
        HeadRecord(
          name: Name(settings.name), queues: settings.queues, vports: settings.vports,
          queueMemory: settings.queueMemory, version: settings.version,
          frameLength: settings.frameLength, framesPerSecond: settings.framesPerSecond,
          pends: settings.pends.number, filters: UInt32(clamping: filters.count), state: state)))
    for index in queues.indices {
      keep(VMQRows.queues + UInt32(index), HostRow(queues[index]))
    }
    var first = 0
    while first < filters.count {
      var record = FiltersRecord()
      let end = min(first + VMQRows.filtersPerRow, filters.count)
      for index in first..<end { record.filters[index - first] = filters[index] }
      keep(VMQRows.filters + UInt32(first / VMQRows.filtersPerRow), HostRow(record))
      first = end
    }
  }

  /// Restores a miniport from its rows; nil when they are not valid.
  public init?(rows: (UInt32) -> HostRow) {
    guard let head = rows(0).load(as: HeadRecord.self) else { return nil }
    let pends = VMQSettings.Pends.allCases
    guard Int(head.pends) < pends.count, head.filters <= UInt32(Self.maximumFilters) else {
      return nil
    }
    self.init(
      VMQSettings(
        name: "\(head.name)", queues: head.queues, vports: head.vports,
        queueMemory: head.queueMemory, version: head.version, frameLength: head.frameLength,
        framesPerSecond: head.framesPerSecond, pends: pends[Int(head.pends)]))
    state = head.state
    for index in queues.indices {
      guard let queue = rows(VMQRows.queues + UInt32(index)).load(as: VMQQueue.self) else {
        return nil
      }
      queues[index] = queue
    }
    for index in 0..<Int(head.filters) {
      let row = rows(VMQRows.filters + UInt32(index / VMQRows.filtersPerRow))
      guard let record = row.load(as: FiltersRecord.self) else { return nil }
      let filter = record.filters[index % VMQRows.filtersPerRow]
      guard Int(filter.queue) < queues.count else { return nil }
      filters.append(filter)
    }
    guard Int(state.request.queue) < queues.count else { return nil }
  }

  /// Resumes after a restart. Calls that are in progress but whose tags are not in `open` were never made:
  /// their work is started again.
  public mutating func resume(open: Set<UInt64>) -> [DriverStep] {
    openCalls = open.count
    for index in queues.indices {
      if queues[index].memoryCall != .none, !open.contains(VMQCall.memory.tag(index)) {
        queues[index].memoryCall = .none
      }
      if queues[index].isIndicating, !open.contains(VMQCall.indicateReceive.tag(index)) {
        queues[index].isIndicating = false
        queues[index].out.subtract(queues[index].inCall)
        queues[index].framesInCall = VMQReceived()
        queues[index].inCall.removeAll()
      }
    }
    return taken()
  }

  /// The handles of its blocks.
  public var blocks: [Handle] {
    queues.flatMap { [$0.memory, $0.lookaheadMemory] }.filter { $0 != .null }
  }
}
