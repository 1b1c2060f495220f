// The record of an upcall.

public import NDIS
public import NDISStore

/// `expired`: its deadline has passed, a late answer may arrive. `pended`: the handler has returned PENDING
/// and is no longer a context; its completion, its deadline or the end of its process ends the upcall.
enum UpcallState: UInt8, StoredEnum {
  case free = 0, open, expired, pended
  static let fallback = pended
}

extension UpcallType: StoredEnum {
  @usableFromInline package static var fallback: UpcallType { .shutdownEx }
}

/// Stores the type of the upcall that an object waits for: its number, zero for none.
@propertyWrapper
struct RawUpcallType: BitwiseCopyable, Sendable {
  /// The raw value: a type's or zero, unless the store has not been validated.
  var raw: UInt32

  @inline(__always)
  init(wrappedValue: UpcallType?) { raw = UInt32(wrappedValue?.rawValue ?? 0) }

  @inline(__always)
  var wrappedValue: UpcallType? {
    get { UInt16(exactly: raw).flatMap { UpcallType(rawValue: $0) } }
    set { raw = UInt32(newValue?.rawValue ?? 0) }
  }

  /// The raw value, to be validated.
  @inline(__always)
  var projectedValue: RawUpcallType {
    get { self }
    set { self = newValue }
  }
}

struct UpcallRecord: NamedRecord {
  static let kind = RecordKind.upcall
  var isFree: Bool { state == .free }

  var id: UInt64 = 0
  @Raw var state = UpcallState.free
  var depth: UInt8 = 0
  @Raw(raw: 0) var type: UpcallType
  var session = Ref<SessionRecord>.none  // none: hosted
  var previous = Ref<UpcallRecord>.none
  var next = Ref<UpcallRecord>.none
  var registration = Ref<RegistrationRecord>.none
  var request = Ref<RequestRecord>.none
  var block = Ref<BlockRecord>.none
  var section = Ref<SectionRecord>.none
  var parent: UInt64 = 0
  var deadline: UInt64 = 0  // milliseconds; 0 = none
  /// When the handler was called, in milliseconds.
  var startedAt: UInt64 = 0
  var object = Handle.null
  var providerContext: UInt64 = 0
  /// Its subject: an OID request, a status, an indication, the first of the returned lists, or a block.
  var subject = Ref<AnyRecord>.none
  /// A halt or shutdown action, pause reason or event; the length of an allocation that is completed.
  var argument: UInt32 = 0
  /// The status it was completed with while its handler was still running; PENDING: not completed.
  var completion = Status.pending
  /// A hosted driver has received it: the driver's state includes it.
  var delivered: UInt32 = 0
  /// Of the block that is its subject, which may have been freed since.
  var blockGeneration: UInt32 = 0
  /// Its deadline passed while it waited for others: a late answer is no violation.
  var excused: UInt32 = 0

  // The subject, by the type of the upcall.
  var oid: Ref<OIDRecord> { @inline(__always) get { subject.of() } }
  var status: Ref<StatusRecord> { @inline(__always) get { subject.of() } }
  var indication: Ref<IndicationRecord> { @inline(__always) get { subject.of() } }
  /// The block that MiniportSharedMemoryAllocateComplete gets; none if the allocation failed.
  var completed: Ref<BlockRecord> {
    @inline(__always) get { subject.of() }
    @inline(__always) set { subject = Ref(any: newValue) }
  }
  /// The first of the returned lists.
  var returned: Ref<NetBufferListRecord> { @inline(__always) get { subject.of() } }
}
