// The records of OID requests and their buffers.

import NDIS
import NDISStore

/// State of an OID request. `queued`: in its adapter's queue. `sent`: the miniport's handler is running.
/// `pended`: the handler returned PENDING. `ended`: the result is known, but the requester has not been
/// notified, or a handler that has the request is still running.
enum OIDState: UInt8, StoredEnum {
  case free = 0, queued, sent, pended, ended
  static let fallback = ended
}

/// How an OID request ended: its miniport completed it, NDIS gave up waiting for the miniport, or the
/// miniport never received it. `excused`: NDIS gave up while the miniport waited for others. Kept in the free record, to classify a late or second completion.
enum OIDEnd: UInt8, StoredEnum {
  case none = 0, miniport, abandoned, notSent, excused
  static let fallback = notSent
}

/// `requested`: MiniportCancelOidRequest is to be called. `called`: it was.
enum CancelState: UInt8, StoredEnum {
  case none = 0, requested, called
  static let fallback = called
}

/// An OID request, from its acceptance until its requester has been notified and no handler has it any more.
struct OIDRecord: NamedRecord {
  static let kind = RecordKind.oid
  var isFree: Bool { state == .free }

  var generation: UInt32 = 0
  @Raw var state = OIDState.free
  var kind: UInt8 = 0  // OIDRequestKind
  var revision: UInt8 = 0  // of the image it was sent with
  @Raw var cancelState = CancelState.none
  var adapter = Ref<AdapterRecord>.none
  var binding = Ref<BindingRecord>.none  // none: NDIS's own request, or the binding was closed
  // The adapter's queue, oldest first. Linked until the requester is notified and the miniport's handler has
  // returned.
  var previous = Ref<OIDRecord>.none
  var next = Ref<OIDRecord>.none
  /// The session whose quota it is charged to.
  var session = Ref<SessionRecord>.none
  var isLinked: UInt8 = 0
  /// ProtocolOidRequestComplete was called, or there is no requester to notify.
  var told: UInt8 = 0
  /// NDIS answered it; the answer is `ndisAnswer`.
  var answeredByNDIS: UInt8 = 0
  @Raw var end = OIDEnd.none
  /// NDIS's own request.
  var own: UInt8 = 0
  var padding3: (UInt8, UInt8, UInt8) = (0, 0, 0)
  var padding4: UInt32 = 0
  /// The adapter's handle; outlives the adapter.
  var adapterHandle: UInt64 = 0
  /// The open or pended upcall at the miniport.
  var upcall: UInt64 = 0
  /// Id of the last upcall at the miniport, kept after it has ended.
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
  /// When its Timeout passes and it is cancelled; 0 = never, or done.
  var deadline: UInt64 = 0
  /// When it was made, in milliseconds.
  var issuedAt: UInt64 = 0
  /// Bytes of input in `oidInputs`, and the length of the requester's output buffer.
  var inputLength: UInt32 = 0
  var outputLength: UInt32 = 0
  var switchID: UInt32 = 0
  var vportID: UInt32 = 0
  var flags: UInt32 = 0
  /// The queue, filter or VPort it makes or changes, and the previous state of that.
  var subject = Ref<AnyRecord>.none
  @Raw var before = QueueState.undefined
  var supportedRevision: UInt8 = 0
  /// A SET_FILTER during which the miniport has indicated to the Paused queue: it must complete with SUCCESS.
  var indicated: UInt8 = 0
  var padding: UInt8 = 0
  var bytesRead: UInt32 = 0
  var bytesWritten: UInt32 = 0
  var bytesNeeded: UInt32 = 0
  /// Bytes of output in `oidOutputs`.
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
