// What an OID request is about: the filter, queue or VPort that it makes, changes or removes.

import NDIS
import NDISStore

extension Simulator {
  func set(filter: Index<FilterRecord>, ofOID index: Index<OIDRecord>) {
    store.oids.update(index) { $0.filter = Ref(filter) }
  }

  func set(queue: Index<QueueRecord>, ofOID index: Index<OIDRecord>) {
    store.oids.update(index) { $0.queue = Ref(queue) }
  }

  /// `before`: the state to which the queue goes back when the request fails.
  func set(queue: Index<QueueRecord>, before: UInt8, ofOID index: Index<OIDRecord>) {
    store.oids.update(index) {
      $0.queue = Ref(queue)
      $0.before = before
    }
  }

  func set(vport: Index<VPortRecord>, ofOID index: Index<OIDRecord>) {
    store.oids.update(index) { $0.vport = Ref(vport) }
  }

  /// An adapter's filters, queues and VPorts are gone.
  func forgetOIDSubjects(adapter: Index<AdapterRecord>) {
    for oid in store.oidsOfAdapter.of(adapter) {
      store.oids.update(oid) { $0.subject = .none }
    }
  }

  /// A binding is gone: requests that its end has not waited for name it no more. One was told and its miniport's
  /// handler still runs; in the ProtocolOidRequestComplete of another it was closed, and that is in no queue.
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
