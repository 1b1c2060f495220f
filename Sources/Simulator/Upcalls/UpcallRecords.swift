// The record of a call of a handler.

public import NDIS
public import NDISStore

/// `expired`: its deadline has passed, a late answer may come. `pended`: the handler has returned PENDING
/// and is no context any more; its completion, its deadline or a death ends the upcall.
enum UpcallState: UInt8, StoredEnum {
  case free = 0, open, expired, pended
  static let fallback = pended
}

extension UpcallType: StoredEnum {
  @usableFromInline package static var fallback: UpcallType { .shutdownEx }
}

/// Stores the type of the call that an object waits for: its number, zero for none.
@propertyWrapper
struct RawUpcallType: BitwiseCopyable, Sendable {
  /// The bytes: those of a type or of none, unless the store has not been validated.
  var raw: UInt32

  @inline(__always)
  init(wrappedValue: UpcallType?) { raw = UInt32(wrappedValue?.rawValue ?? 0) }

  @inline(__always)
  var wrappedValue: UpcallType? {
    get { UInt16(exactly: raw).flatMap { UpcallType(rawValue: $0) } }
    set { raw = UInt32(newValue?.rawValue ?? 0) }
  }

  /// The stored value itself, to validate it.
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
  var object = Handle.null
  var providerContext: UInt64 = 0
  /// The record it tells of: an OID request, a status, an indication, the first of the lists returned.
  var subject = Ref<AnyRecord>.none
  /// A halt or shutdown action, pause reason or event.
  var argument: UInt32 = 0
  /// What it was completed with while its handler still ran; PENDING: it was not.
  var completion = Status.pending
  /// A hosted driver has it: its state says so.
  var delivered: UInt32 = 0
  var padding: UInt32 = 0

  // The subject, by the type of the upcall.
  var oid: Ref<OIDRecord> { @inline(__always) get { subject.of() } }
  var status: Ref<StatusRecord> { @inline(__always) get { subject.of() } }
  var indication: Ref<IndicationRecord> { @inline(__always) get { subject.of() } }
  /// The first of the lists that are returned.
  var returned: Ref<NetBufferListRecord> { @inline(__always) get { subject.of() } }
}
