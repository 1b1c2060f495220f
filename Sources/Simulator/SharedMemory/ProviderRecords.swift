// The records of shared-memory providers and their sections.

public import NDISStore
import NDIS

/// A provider's level in the order of precedence; the smaller value wins.
public enum ProviderLevel: UInt8, Sendable, CaseIterable {
  case binding = 1
  case protocolDriver = 2
  case miniportDriver = 3
  case pool = 4
  case hal = 5
}

extension ProviderLevel: StoredEnum {
  @usableFromInline package static let fallback = hal
}

enum RegistrationState: UInt8, StoredEnum {
  case free = 0, active, superseded, ended, dead
  static let fallback = dead
}

/// One registration of shared-memory provider handlers.
struct RegistrationRecord: NamedRecord {
  static let kind = RecordKind.registration
  var isFree: Bool { state == .free }

  var generation: UInt32 = 0
  @Raw var state = RegistrationState.free
  @Raw var level = ProviderLevel.hal
  var padding: UInt16 = 0
  var owner = Handle.null  // the handle the handlers were set on
  var ownerSession = Ref<SessionRecord>.none  // none: hosted
  var adapter = Ref<AdapterRecord>.none  // binding level: the adapter whose callers it serves
  var driver = Ref<DriverRecord>.none
  var hosted: UInt32 = 0
  var flags: UInt32 = 0
  var blockCount: UInt32 = 0
  var blocks = Ref<BlockRecord>.none
  var sections = Ref<SectionRecord>.none
  var context: UInt64 = 0
  var allocateHandler: UInt64 = 0
  var freeHandler: UInt64 = 0
  var order: UInt64 = 0
  var stuckUpcall: UInt64 = 0
  var freesInFlight: UInt32 = 0
  var allocationsInFlight: UInt32 = 0
  /// Total length of its blocks.
  var bytes: UInt64 = 0
  /// The driver's name, or the hosted provider's; outlives the driver.
  var name = Name()
}

/// Whether a section's memory outlives the daemon. `new`: the section has not been reported yet. `lost`: it
/// could not be kept, or was missing when the store was adopted.
public enum SectionKeeping: UInt8, Sendable { case new = 0, kept, lost }

extension SectionKeeping: StoredEnum {
  @usableFromInline package static let fallback = lost
}

enum SectionState: UInt8, StoredEnum {
  case free = 0, live
  static let fallback = live
}

struct SectionRecord: NamedRecord {
  static let kind = RecordKind.section
  var isFree: Bool { state == .free }

  var generation: UInt32 = 0
  @Raw var state = SectionState.free
  var pageShift: UInt8 = 0
  var ownerEnded: UInt8 = 0
  @Raw var keeping = SectionKeeping.new
  var registration = Ref<RegistrationRecord>.none
  /// The process that offered it; none for a hosted provider's.
  var session = Ref<SessionRecord>.none
  /// The session whose quota it is charged to: the one that offered it, or the one a hosted provider made it
  /// for.
  var payer = Ref<SessionRecord>.none
  var previous = Ref<SectionRecord>.none
  var next = Ref<SectionRecord>.none
  var node: UInt32 = 0
  var pages: UInt32 = 0
  var blocks: UInt32 = 0
  var padding2: UInt32 = 0
  var domain = Handle.null
  var physicalBase: UInt64 = 0
  /// The inode of its memory file, to find it again after a restart.
  var inode: UInt64 = 0
}
