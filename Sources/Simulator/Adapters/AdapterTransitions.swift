// The only place where the state of an adapter changes: an event is looked up in AdapterState.table, the row
// is applied to the record, and a change is reported. A row that does not change the state writes nothing.

import NDIS
import NDISEvents
import NDISStore

extension Simulator {
  /// The state of the adapter at a used index.
  func adapterState(_ index: Index<AdapterRecord>) -> AdapterState {
    store.adapters[index, \.state]
  }

  /// The handler an adapter in this state waits for: its call is open or pended; nil for none.
  static func handler(of state: AdapterState) -> UpcallType? {
    switch state {
    case .initializing: .initializeEx
    case .restarting: .restart
    case .pausing: .pause
    case .halted, .shutdown, .paused, .running: nil
    }
  }

  /// Applies an event to an adapter. An invalid combination changes nothing.
  mutating func move(_ index: Index<AdapterRecord>, _ event: AdapterEvent) {
    let from = adapterState(index)
    guard from.after(event) != from else {
      _ = from.taking(event)
      return
    }
    var next: AdapterState?
    store.adapters.update(index) { next = $0.take(event) }
    guard let to = next else { return }
    turn.emit(
      .event(
        .adapterState(party(adapter: index), adapterHandle(index), from: from.name, to: to.name)))
  }
}
