// Conversion between a Swift value and the x64 image of its NDIS structure. Input is untrusted: the header is
// checked first, then only the fields of the header's revision are read (A32), then every field is validated.
// Arrays are behind their head at an offset the sender chose; offset, count and element size are checked,
// without overflow, before the first element is read. Reserved fields and padding are ignored on input and
// zero on output.

import CNDIS

/// A value that is sent as the image of an NDIS structure.
public protocol StructureImage: Hashable, Sendable {
  static var structure: Structure { get }
  /// `Header.Revision` of the image it was read from or is written as. Fields outside the revision read as
  /// zero and are not written.
  var revision: UInt8 { get }

  /// Reads the image at the start of `bytes`, as a driver of NDIS `version` may send it.
  init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure)

  /// Appends the image. Offsets in it are relative to its own start.
  func append(to bytes: inout [UInt8])
}

extension StructureImage {
  /// Reads an image from an array.
  public init(image bytes: [UInt8], for version: NDISVersion = .running) throws(Failure) {
    let read: Result<Self, Failure> = unsafe bytes.withUnsafeBytes { buffer in
      do throws(Failure) { return .success(try unsafe Self(image: buffer, for: version)) } catch {
        return .failure(error)
      }
    }
    self = try read.get()
  }

  /// The image.
  public func image() -> [UInt8] {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return bytes
  }
}

/// The maximum number of elements of an array; more than an adapter can have of any object.
let maximumElements: UInt32 = 1024

extension StructureImage {
  /// The checked image of this structure: the fields of the revision, followed by zeros.
  static func load<Image: BitwiseCopyable>(
    _ empty: Image, _ bytes: UnsafeRawBufferPointer, _ version: NDISVersion
  ) throws(Failure) -> (image: Image, revision: UInt8) {
    let revision = try unsafe structure.revision(of: bytes, for: version)
    var image = empty
    let size = min(structure.size(revision), MemoryLayout<Image>.size)
    unsafe withUnsafeMutableBytes(of: &image) { target in
      unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<size]))
    }
    return (image, revision)
  }

  /// Appends `image` truncated to the revision, with its header filled in.
  func store<Image: BitwiseCopyable>(_ image: Image, to bytes: inout [UInt8]) {
    let structure = Self.structure
    let size = structure.size(revision)
    let start = bytes.count
    unsafe withUnsafeBytes(of: image) { source in
      unsafe bytes.append(contentsOf: source[..<min(size, source.count)])
    }
    bytes[start] = structure.objectType
    bytes[start + 1] = revision
    bytes[start + 2] = UInt8(truncatingIfNeeded: size)
    bytes[start + 3] = UInt8(truncatingIfNeeded: size >> 8)
  }

  /// Reads the elements of an array behind a head of `head` bytes. `size` is the ElementSize.
  static func elements<Element: StructureImage>(
    _: Element.Type, of bytes: UnsafeRawBufferPointer, head: Int, offset: UInt32, count: UInt32,
    size: UInt32, for version: NDISVersion
  ) throws(Failure) -> [Element] {
    guard count > 0 else { return [] }
    guard count <= maximumElements else {
      throw Failure(
        .invalidParameter, .elementCount, UInt64(count), UInt64(maximumElements))
    }
    let least = Element.structure.size(1)
    guard Int(size) >= least else {
      throw Failure(.invalidParameter, .elementSize, UInt64(size), UInt64(least))
    }
    guard Int(offset) >= head else {
      throw Failure(.invalidParameter, .elementOffset, UInt64(offset), UInt64(head))
    }
    // Neither product nor sum can overflow: a count up to 1024, two 32-bit numbers.
    let end = UInt64(offset) + UInt64(count) * UInt64(size)
    guard end <= UInt64(bytes.count) else {
      throw Failure(.invalidLength, .informationBuffer, UInt64(bytes.count), end)
    }
    var elements: [Element] = []
    elements.reserveCapacity(Int(count))
    for index in 0..<Int(count) {
      let start = Int(offset) + index * Int(size)
      let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<start + Int(size)])
      elements.append(try unsafe Element(image: part, for: version))
    }
    return elements
  }
}

/// The fields of an array's head that describe its elements.
struct ElementLayout {
  var offset: UInt32 = 0
  var count: UInt32 = 0
  var size: UInt32 = 0

  /// The layout of elements directly behind a head of `head` bytes.
  init<Element: StructureImage>(_ elements: [Element], behind head: Int) {
    guard let first = elements.first else { return }
    offset = UInt32(truncatingIfNeeded: head)
    count = UInt32(truncatingIfNeeded: elements.count)
    // All elements have the size of the longest, because there is one ElementSize.
    let longest = elements.reduce(Element.structure.size(first.revision)) {
      max($0, Element.structure.size($1.revision))
    }
    size = UInt32(truncatingIfNeeded: longest)
  }

  /// Appends the elements, each padded to `size` with zeros.
  func append<Element: StructureImage>(_ elements: [Element], to bytes: inout [UInt8]) {
    for element in elements {
      let end = bytes.count + Int(size)
      element.append(to: &bytes)
      bytes.append(contentsOf: repeatElement(0, count: max(0, end - bytes.count)))
    }
  }
}

/// Fails if a bit outside `known` is set.
func checkFlags(_ flags: UInt32, known: UInt32) throws(Failure) {
  guard flags & ~known == 0 else {
    throw Failure(.invalidParameter, .unknownFlags, UInt64(flags), UInt64(known))
  }
}

/// The case of an enumeration field in an image; `reason` identifies the enumeration in the failure.
func checkValue<Value: RawRepresentable>(
  _ raw: Int32, _: Value.Type, _ reason: Reason
) throws(Failure) -> Value where Value.RawValue == Int32 {
  guard let value = Value(rawValue: raw) else {
    throw Failure(.invalidParameter, reason, UInt64(UInt32(bitPattern: raw)))
  }
  return value
}
