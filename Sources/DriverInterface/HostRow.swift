// Rows of bytes that the host keeps in the store beside NDIS's own state: what its hosted drivers remember.
// They change in the same transaction as the turns those drivers cause, so that after a crash neither knows
// of something the other has not done. Only the host understands them, so each carries a checksum: a record
// with a number that is no value of its type must never be made.

/// One row: plain bytes of a record, and their checksum.
public struct HostRow: BitwiseCopyable, Sendable {
  /// Bytes of the greatest record.
  public static let capacity = 504
  private var sum: UInt64 = 0
  private var words = InlineArray<63, UInt64>(repeating: 0)

  /// A row nobody has written: it holds no record.
  public init() {}

  /// A row with a record of at most `capacity` bytes; of a greater one nothing is kept.
  public init<Record: BitwiseCopyable>(_ record: Record) {
    guard MemoryLayout<Record>.size <= HostRow.capacity else { return }
    var record = record
    unsafe withUnsafeBytes(of: &record) { source in
      unsafe withUnsafeMutableBytes(of: &words) { unsafe $0.copyMemory(from: source) }
    }
    sum = checksum
  }

  /// The record; nil when the row holds none, or its bytes are not those that were written.
  public func load<Record: BitwiseCopyable>(as _: Record.Type) -> Record? {
    guard MemoryLayout<Record>.size <= HostRow.capacity, sum == checksum else { return nil }
    var copy = words
    return unsafe withUnsafeBytes(of: &copy) { unsafe $0.loadUnaligned(as: Record.self) }
  }

  /// FNV-1a over words; not zero for a row of zeros.
  private var checksum: UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in words.indices { hash = (hash ^ words[index]) &* 0x0000_0100_0000_01B3 }
    return hash
  }

  package func isSame(as other: HostRow) -> Bool {
    guard sum == other.sum else { return false }
    for index in words.indices where words[index] != other.words[index] { return false }
    return true
  }
}
