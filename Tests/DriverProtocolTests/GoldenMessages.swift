// Every message of the driver plane once, with fixed example values. `Tests/Golden/messages.txt`
// holds their bytes; clients in other languages are held to the same file. Values are chosen so
// that no two fields of a message are equal, and a swapped pair is therefore seen.
//
// Images travel with as many bytes as their Header.Size says.

import CNDIS
import NDISDriverProtocol
import NDIS

/// A message with its name in the golden file.
struct GoldenMessage {
  var name: String
  var bytes: [UInt8]
}

/// The example objects.
enum Example {
  static let instance:
    (
      UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8,
      UInt8, UInt8, UInt8
    ) = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
  static let miniport = handle(.miniportDriver, 1)
  static let protocolDriver = handle(.protocolDriver, 2)
  static let filterDriver = handle(.filterDriver, 3)
  static let adapter = handle(.adapter, 4)
  static let binding = handle(.binding, 5)
  static let filterModule = handle(.filterModule, 6)
  static let dma = handle(.dma, 7)
  static let dmaChannel = handle(.dmaChannel, 8)
  static let allocation = handle(.allocation, 8)
  static let sharedMemory = handle(.sharedMemory, 8)
  static let section = handle(.section, 9)
  static let bindContext = handle(.bindContext, 10)
  static let oidRequest = handle(.oidRequest, 11)
  static let netBufferList = handle(.netBufferList, 12)
  static let driverContext: UInt64 = 0x1111
  static let adapterContext: UInt64 = 0x2222
  static let bindingContext: UInt64 = 0x3333
  static let providerContext: UInt64 = 0x4444
  static let sharedMemoryProviderContext: UInt64 = 0x5555
  static let domain: UInt64 = 0x6666
  static let requestContext: UInt64 = 0x7171
  /// A miniport's own number of a list.
  static let listContext: UInt64 = 0x8181
  /// "TEST" as a pool tag: the first character in the lowest byte.
  static let tag: UInt32 = 0x5453_4554

  private static func handle(_ kind: Handle.Kind, _ index: UInt32) -> UInt64 {
    Handle(kind: kind, generation: 1, index: index).rawValue
  }
}

/// Builds a message: its header, then whatever `body` appends.
func message(
  _ header: MessageHeader, _ body: (inout MessageWriter) -> Void = { _ in }
) -> [UInt8] {
  var buffer = [UInt8](repeating: 0xEE, count: Int(NDISSIM_MAXIMUM_MESSAGE))
  let count = unsafe buffer.withUnsafeMutableBytes { bytes in
    var writer = unsafe MessageWriter(header, into: bytes)
    body(&writer)
    return writer.finish()
  }
  return Array(buffer[..<count])
}

extension MessageWriter {
  /// Appends the first `size` bytes of an image.
  mutating func append<Image: BitwiseCopyable>(image: Image, size: UInt16) {
    unsafe withUnsafeBytes(of: image) { bytes in
      unsafe append(bytes: UnsafeRawBufferPointer(rebasing: bytes[..<Int(size)]))
    }
  }
}

/// The messages of one exchange, in the order they cross the wire.
struct GoldenList {
  private(set) var messages: [GoldenMessage] = []
  private var nextID: UInt64 = 1
  private var nextUpcall: UInt64 = 0x100

  typealias Body = (inout MessageWriter) -> Void

  /// A client's request and the reply of its success.
  mutating func call(
    _ name: String, _ type: Int, context: UInt64 = 0, descriptors: UInt8 = 0,
    replyDescriptors: UInt8 = 0, replyStatus: Status = .success, request: Body = { _ in },
    reply: Body = { _ in }
  ) {
    let type = UInt16(type)
    let asked = MessageHeader(
      type: type, requestID: nextID, context: context, descriptors: descriptors)
    let answered = MessageHeader(
      type: type, flags: NDISSIM_FLAG_REPLY, requestID: nextID, status: replyStatus,
      descriptors: replyDescriptors)
    messages.append(GoldenMessage(name: "\(name).request", bytes: message(asked, request)))
    messages.append(GoldenMessage(name: "\(name).reply", bytes: message(answered, reply)))
    nextID += 1
  }

  /// An upcall and its successful answer.
  mutating func upcall(
    _ name: String, _ type: Int, context: UInt64 = 0, irql: IRQL = .passive, request: Body,
    reply: Body = { _ in }
  ) {
    let type = UInt16(type)
    let asked = MessageHeader(
      type: type, flags: NDISSIM_FLAG_UPCALL, requestID: nextUpcall, context: context,
      irql: irql.rawValue)
    let answered = MessageHeader(
      type: type, flags: NDISSIM_FLAG_UPCALL | NDISSIM_FLAG_REPLY, requestID: nextUpcall)
    messages.append(GoldenMessage(name: "upcall_\(name).request", bytes: message(asked, request)))
    messages.append(GoldenMessage(name: "upcall_\(name).reply", bytes: message(answered, reply)))
    nextUpcall += 1
  }

  /// Any other message.
  mutating func single(_ name: String, _ header: MessageHeader, _ body: Body) {
    messages.append(GoldenMessage(name: name, bytes: message(header, body)))
  }

  /// The id of the next upcall, to be named as a call's context.
  var upcallID: UInt64 { nextUpcall }
}
