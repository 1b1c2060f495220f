// The records of OID requests and their buffers.

import NDIS
import NDISStore

/// Where an OID request stands. `queued`: behind another in its adapter's queue. `sent`: the miniport's
/// handler runs. `pended`: it answered PENDING. `ended`: how it ended is known; it has still to be told,
/// or a handler that knows of it still runs.
enum OIDState: UInt8, StoredEnum {
  case free = 0, queued, sent, pended, ended
  static let fallback = ended
}

/// How an OID request ended: its miniport ended it, NDIS stopped waiting for its miniport, or the miniport
/// never saw it. Kept in the free record, so that a completion that comes too late or twice is known for
/// what it is.
enum OIDEnd: UInt8, StoredEnum {
  case none = 0, miniport, abandoned, notSent
  static let fallback = notSent
}

/// An OID request, from its acceptance until its end has been told and no handler knows of it any more.
struct OIDRecord: NamedRecord {
  static let kind = RecordKind.oid
  var isFree: Bool { state == .free }

  var generation: UInt32 = 0
  @Raw var state = OIDState.free
  var kind: UInt8 = 0  // OIDRequestKind
  var revision: UInt8 = 0  // of the image it came with
  var cancelled: UInt8 = 0  // 1 to be cancelled, 2 the miniport was told
  var adapter = Ref<AdapterRecord>.none
  var binding = Ref<BindingRecord>.none  // none: NDIS itself asks, or the binding is gone
  // The adapter's queue, oldest first. In it until the end is told and the miniport's handler is back.
  var previous = Ref<OIDRecord>.none
  var next = Ref<OIDRecord>.none
  /// Whose quota it counts against.
  var session = Ref<SessionRecord>.none
  var isLinked: UInt8 = 0
  /// ProtocolOidRequestComplete was called, or there is nobody to tell.
  var told: UInt8 = 0
  /// NDIS answered it; what it answers is `knownInformation`.
  var answeredByNDIS: UInt8 = 0
  @Raw var end = OIDEnd.none
  /// NDIS itself asks.
  var own: UInt8 = 0
  var padding3: (UInt8, UInt8, UInt8) = (0, 0, 0)
  var padding4: UInt32 = 0
  /// The adapter's handle; outlives the adapter.
  var adapterHandle: UInt64 = 0
  /// The open or pended upcall at the miniport.
  var upcall: UInt64 = 0
  /// Its id, kept after it.
  var lastUpcall: UInt64 = 0
  /// The open calls of MiniportCancelOidRequest and ProtocolOidRequestComplete.
  var cancellation: UInt64 = 0
  var completion: UInt64 = 0
  var oid: UInt32 = 0
  var port: UInt32 = 0
  var timeout: UInt32 = 0
  var methodID: UInt32 = 0
  var requestID: UInt64 = 0
  var requestHandle: UInt64 = 0
  var requestContext: UInt64 = 0
  /// The upcall in whose handler it was made.
  var parent: UInt64 = 0
  /// When its Timeout has passed, and it is to be cancelled; 0 = never, or done.
  var deadline: UInt64 = 0
  /// Bytes of input in `oidInputs`, bytes of room for output.
  var inputLength: UInt32 = 0
  var outputLength: UInt32 = 0
  var switchID: UInt32 = 0
  var vportID: UInt32 = 0
  var flags: UInt32 = 0
  /// The queue, filter or VPort it makes or changes, and the state that had before.
  var subject = Ref<AnyRecord>.none
  var before: UInt8 = 0
  var supportedRevision: UInt8 = 0
  /// A SET_FILTER during which the miniport has indicated to its Paused queue: it must end with SUCCESS.
  var indicated: UInt8 = 0
  var padding: UInt8 = 0
  var bytesRead: UInt32 = 0
  var bytesWritten: UInt32 = 0
  var bytesNeeded: UInt32 = 0
  /// Bytes in `oidOutputs`.
  var outputBytes: UInt32 = 0
  var padding2: UInt32 = 0
  var failure = Failure(.success, .none)

  // The subject, by the form of the OID.
  var queue: Ref<QueueRecord> {
    get { subject.of() }
    set { subject = Ref(any: newValue) }
  }
  var filter: Ref<FilterRecord> {
    get { subject.of() }
    set { subject = Ref(any: newValue) }
  }
  var vport: Ref<VPortRecord> {
    get { subject.of() }
    set { subject = Ref(any: newValue) }
  }
}

/// The bytes of an information buffer, beside the record of the same index.
struct OIDBufferRecord: StoreRecord {
  typealias Key = OIDRecord
  static let capacity = 4096
  var bytes = InlineArray<4096, UInt8>(repeating: 0)
}
