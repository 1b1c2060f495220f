// The records of a session, its requests and their results.

import NDIS
import NDISStore

enum SessionState: UInt8, StoredEnum {
  case free = 0, open, resetting, ended
  static let fallback = ended
}

/// What a client reads in messages to it; others get none of it.
public struct ReplyFeatures: OptionSet, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The 802.1Q tags of received lists.
  public static let tags = ReplyFeatures(rawValue: 1)
  /// The mark of a bug check that is an extension.
  public static let bugCheckExtension = ReplyFeatures(rawValue: 2)
  static let all: ReplyFeatures = [.tags, .bugCheckExtension]
}

struct SessionRecord: NamedRecord {
  static let kind = RecordKind.session
  var isFree: Bool { state == .free }

  var generation: UInt32 = 0
  @Raw var state = SessionState.free
  /// A hosted miniport's: every user may bind to its adapters.
  var isHosted: UInt8 = 0
  /// `ReplyFeatures` of its client.
  var replyFeatures: UInt8 = 0
  var padding: UInt8 = 0
  var uid: UInt32 = 0
  /// OID requests of its bindings.
  var oids: UInt32 = 0
  var nextRequestID: UInt64 = 1
  var drivers = Ref<DriverRecord>.none
  var upcalls = Ref<UpcallRecord>.none
  var requests = Ref<RequestRecord>.none
  var resetRequest = Ref<RequestRecord>.none
  var blocks: UInt32 = 0
  var sections: UInt32 = 0
  /// Drivers, adapters, bindings and modules.
  var objects: UInt32 = 0
  var reserved: UInt32 = 0
  var bytes: UInt64 = 0
}

/// What a session's requests do not change, indexed by session: the session's own record is saved in the undo log
/// several times in a turn and is therefore small.
struct SessionClientRecord: StoreRecord {
  typealias Key = SessionRecord
  var name = Name()
  var pid: Int32 = 0
  /// Counts up from 1 while the store lives: never reused, unlike the record's index.
  var number: UInt32 = 0
  var violations: UInt64 = 0
  var leaked: UInt64 = 0
  /// Lets its client reconnect after a restart; 0: the session ends with its connection.
  var token: UInt64 = 0
  /// The inode of its connection's socket, to find it again after a restart; 0: the connection is not kept.
  var socket: UInt64 = 0
}

enum RequestState: UInt8, StoredEnum {
  case free = 0, open
  static let fallback = open
}

struct RequestRecord: NamedRecord {
  static let kind = RecordKind.request
  var isFree: Bool { state == .free }

  @Raw var state = RequestState.free
  var irql: UInt8 = 0
  var type: UInt16 = 0
  var session = Ref<SessionRecord>.none  // none: the session has ended
  var previous = Ref<RequestRecord>.none
  var next = Ref<RequestRecord>.none
  var block = Ref<BlockRecord>.none
  var padding: UInt32 = 0
  var id: UInt64 = 0
  var context: UInt64 = 0
  var object = Handle.null
}

/// `held`: completed, its reply deferred.
enum ResultState: UInt8, StoredEnum {
  case free = 0, open, answered, held

  var isAnswered: Bool { self == .answered || self == .held }

  static let fallback = held
}

/// The result of one request, kept so that a repeated request is answered without executing it again.
struct ResultRecord: StoreRecord {
  var id: UInt64 = 0
  var type: UInt16 = 0
  @Raw var state = ResultState.free
  var hasBugCheck: UInt8 = 0
  var bugCheckCode: UInt32 = 0
  var failure = Failure(.success, .none)
  var value: UInt64 = 0
  var value2: UInt64 = 0
  var parameters: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
}
