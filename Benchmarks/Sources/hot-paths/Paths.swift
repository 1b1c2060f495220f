// The hot paths. Each operation is checked to have done what it is measured for.

import NDISStore
import CNDIS
import NDISDriverProtocol
import NDIS
import NDISSimulator

/// Numbers that look random and are the same in every run: xorshift.
struct Sequence64 {
  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

  mutating func next(below bound: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(state % UInt64(bound))
  }
}

/// The dispatcher: an operation is a turn that allocates from a hosted pool, and one that frees another
/// live block, taken at random. So many blocks stay live: the block table's insert and remove.
struct DispatchPath: HotPath {
  private let host = MemoryHost()
  private var live: [Handle]
  private var random = Sequence64()

  init(live count: Int) {
    live = []
    live.reserveCapacity(count)
    for _ in 0..<count { live.append(host.allocate()) }
  }

  mutating func run(_ count: Int) {
    for _ in 0..<count {
      let victim = random.next(below: live.count)
      let made = host.allocate()
      host.free(live[victim])
      live[victim] = made
    }
  }
}

/// The block table: an operation is a lookup of a live block, taken at random, by its handle.
struct LookupPath: HotPath {
  private let host = MemoryHost()
  private var live: [Handle]
  private var random = Sequence64()

  init(live count: Int) {
    live = []
    live.reserveCapacity(count)
    for _ in 0..<count { live.append(host.allocate()) }
  }

  mutating func run(_ count: Int) {
    for _ in 0..<count {
      guard host.length(of: live[random.next(below: live.count)]) == 4096 else {
        HotPaths.fail("a live block was not found")
      }
    }
  }
}

/// The page allocator: an operation finds and takes eight pages in a section of a million
/// whose odd pages are taken in its first half, and gives eight other pages back.
struct PagesPath: HotPath {
  private var map = PageMap(pageCount: 1 << 20)
  private var taken: [UInt32] = []
  private var random = Sequence64()

  init() {
    for page in stride(from: UInt32(1), to: 1 << 19, by: 2) { _ = map.take(start: page, count: 1) }
    for _ in 0..<1_000 { take() }
  }

  mutating func run(_ count: Int) {
    for _ in 0..<count {
      let victim = random.next(below: taken.count)
      guard map.release(start: taken[victim], count: 8) else { HotPaths.fail("not taken") }
      taken.swapAt(victim, taken.count - 1)
      taken.removeLast()
      take()
    }
  }

  private mutating func take() {
    guard let start = map.firstFit(count: 8), map.take(start: start, count: 8) else {
      HotPaths.fail("no free pages")
    }
    taken.append(start)
  }
}

/// The codec: an operation reads header, body and image of an allocation request, and writes a reply
/// with one extent.
struct CodecPath: HotPath {
  private let request: [UInt8]
  private var reply = [UInt8](repeating: 0, count: 512)

  init() {
    var packet = [UInt8](repeating: 0, count: 512)
    let count = unsafe packet.withUnsafeMutableBytes { buffer in
      var writer = unsafe MessageWriter(
        MessageHeader(
          type: UInt16(NDISSIM_ALLOCATE_SHARED_MEMORY), flags: 0, requestID: 1), into: buffer)
      writer.append(UInt64(7))
      writer.append(UInt32(0x6863_6E62))
      writer.append(UInt32(0))
      writer.append(Site("hot-paths"))
      var image = NDIS_SHARED_MEMORY_PARAMETERS()
      image.Header.Type = 0x80
      image.Header.Revision = 2
      image.Header.Size = 68
      image.Length = 4096
      unsafe withUnsafeBytes(of: image) { bytes in
        unsafe writer.append(bytes: UnsafeRawBufferPointer(rebasing: bytes.prefix(68)))
      }
      return writer.finish()
    }
    request = Array(packet[..<count])
  }

  mutating func run(_ count: Int) {
    for _ in 0..<count {
      let length = unsafe request.withUnsafeBytes { bytes in unsafe CodecPath.decode(bytes) }
      let size = unsafe reply.withUnsafeMutableBytes { buffer in
        unsafe CodecPath.encode(length, into: buffer)
      }
      guard length == 4096, size == 112 else { HotPaths.fail("the message is not what was sent") }
    }
  }

  @inline(never)
  private static func decode(_ packet: UnsafeRawBufferPointer) -> UInt32 {
    do throws(Failure) {
      _ = try unsafe MessageHeader(packet: packet)
      var body = unsafe BodyReader(packet: packet)
      _ = try body.read(UInt64.self)
      _ = try body.read(UInt32.self)
      _ = try body.read(UInt32.self)
      _ = try body.readSite()
      let image = try body.readImage(NDIS_SHARED_MEMORY_PARAMETERS())
      try body.end()
      return image.Length
    } catch { HotPaths.fail(error.sentence) }
  }

  @inline(never)
  private static func encode(_ length: UInt32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    var writer = unsafe MessageWriter(
      MessageHeader(
        type: UInt16(NDISSIM_ALLOCATE_SHARED_MEMORY), flags: NDISSIM_FLAG_REPLY, requestID: 1),
      into: buffer)
    writer.append(
      ndissim_allocate_reply(
        allocation_handle: 8, shared_memory_handle: 9, section: 10, section_size: 1 << 28,
        physical_base: 1 << 32, extent_count: 1, reserved: 0))
    writer.append(Extent(offset: 0, length: length))
    return writer.finish()
  }
}
