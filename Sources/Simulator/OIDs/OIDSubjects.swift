// The subject of an OID request: the filter, queue or VPort that it makes, changes or removes.

import NDIS
import NDISStore

extension Simulator {
  func set(filter: Index<FilterRecord>, ofOID index: Index<OIDRecord>) {
    store.oids.update(index) { $0.filter = Ref(filter) }
  }

  func set(queue: Index<QueueRecord>, ofOID index: Index<OIDRecord>) {
    store.oids.update(index) { $0.queue = Ref(queue) }
  }

  /// `before`: the state the queue returns to if the request fails.
  func set(queue: Index<QueueRecord>, before: QueueState, ofOID index: Index<OIDRecord>) {
    store.oids.update(index) {
      $0.queue = Ref(queue)
      $0.before = before
    }
  }

  func set(vport: Index<VPortRecord>, ofOID index: Index<OIDRecord>) {
    store.oids.update(index) { $0.vport = Ref(vport) }
  }

  /// Clears the subjects of an adapter's requests: its filters, queues and VPorts have been removed.
  func forgetOIDSubjects(adapter: Index<AdapterRecord>) {
    for oid in store.oidsOfAdapter.of(adapter) {
      store.oids.update(oid) { $0.subject = .none }
    }
  }

  /// A binding has been closed: clears it from requests that its end has not waited for. These are completed
  /// requests whose miniport's handler is still running, and the one in whose ProtocolOidRequestComplete the
  /// binding was closed, which is in no queue.
  func forgetOIDs(binding index: Index<BindingRecord>) {
    func forget(_ oid: Index<OIDRecord>) {
      guard store.oids[oid, \.state] != .free, store.oids[oid, \.binding] == Ref(index) else {
        return
      }
      store.oids.update(oid) { $0.binding = .none }
    }
    for oid in store.oidsOfAdapter.of(store.bindings[index, \.adapter].index) {
      forget(oid)
    }
    guard store.bindings[index, \.completions] > 0 else { return }
    for oid in store.oids.indices { forget(oid) }
  }
}
