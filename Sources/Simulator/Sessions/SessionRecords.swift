// Records of sessions, of their requests and of the results in their rings.

import NDIS

enum SessionState: UInt8 { case free = 0, open, resetting, ended }

struct SessionRecord: StoreRecord {
  var generation: UInt32 = 0
  var state: UInt8 = 0
  /// A hosted miniport's: its adapters may be bound to by every user.
  var isHosted: UInt8 = 0
  var padding: (UInt8, UInt8) = (0, 0)
  var pid: Int32 = 0
  var uid: UInt32 = 0
  var name = Name()
  var nextRequestID: UInt64 = 1
  var drivers = Ref<DriverRecord>.none
  var upcalls = Ref<UpcallRecord>.none
  var requests = Ref<RequestRecord>.none
  var resetRequest = Ref<RequestRecord>.none
  var blocks: UInt32 = 0
  var sections: UInt32 = 0
  /// Drivers, adapters, bindings and modules.
  var objects: UInt32 = 0
  /// OID requests of its bindings.
  var oids: UInt32 = 0
  var bytes: UInt64 = 0
  var violations: UInt64 = 0
  var leaked: UInt64 = 0
  /// With which its client comes back after a restart; 0: it ends with its connection.
  var token: UInt64 = 0
  /// The inode of its connection's socket, by which that is found again; 0: it is not kept.
  var socket: UInt64 = 0
}

struct RequestRecord: StoreRecord {
  var state: UInt8 = 0  // 0 free
  var irql: UInt8 = 0
  var type: UInt16 = 0
  var session = Ref<SessionRecord>.none  // none: the asking session is gone
  var previous = Ref<RequestRecord>.none
  var next = Ref<RequestRecord>.none
  var block = Ref<BlockRecord>.none
  var padding: UInt32 = 0
  var id: UInt64 = 0
  var context: UInt64 = 0
  var object = Handle.null
}

/// The result of one request, kept so that a repeated request is answered and not done again.
struct ResultRecord: StoreRecord {
  var id: UInt64 = 0
  var type: UInt16 = 0
  var state: UInt8 = 0  // 0 empty, 1 open, 2 answered, 3 answered and held back
  var hasBugCheck: UInt8 = 0
  var bugCheckCode: UInt32 = 0
  var failure = Failure(.success, .none)
  var value: UInt64 = 0
  var value2: UInt64 = 0
  var parameters: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
}
