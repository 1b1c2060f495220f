// The information buffers of OID requests, which are stored beside their records: read as structures, with
// the few numbers NDIS writes into them. A method request's output overwrites its input, so a miniport that
// writes nothing returns its input.

import NDIS
import NDISStore

extension Simulator {
  /// The input of a request.
  func input(oid index: Index<OIDRecord>) -> [UInt8] {
    bytes(store.oidInputs[index], store.oids[index, \.inputLength])
  }

  /// The miniport's output; if it wrote none, its input.
  func answer(oid index: Index<OIDRecord>) -> [UInt8] {
    let length = store.oids[index, \.outputBytes]
    return length == 0 ? input(oid: index) : bytes(store.oidOutputs[index], length)
  }

  /// The miniport's output alone.
  func output(oid index: Index<OIDRecord>) -> [UInt8] {
    bytes(store.oidOutputs[index], store.oids[index, \.outputBytes])
  }

  private func bytes(_ record: OIDBufferRecord, _ length: UInt32) -> [UInt8] {
    let count = min(Int(length), OIDBufferRecord.capacity)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    for index in 0..<count { bytes.append(record.bytes[index]) }
    return bytes
  }

  /// The input as a structure, decoded for the requester's version.
  func input<Value: StructureImage>(_: Value.Type, oid index: Index<OIDRecord>) throws(Failure)
    -> Value
  {
    try Value(image: input(oid: index), for: requesterVersion(oid: index))
  }

  /// The NDIS version of the requester.
  func requesterVersion(oid index: Index<OIDRecord>) -> NDISVersion {
    guard let binding = store.oids[index, \.binding].optional else { return .running }
    return store.drivers[store.bindings[binding, \.driver].index, \.version]
  }

  /// The NDIS version of an adapter's miniport.
  func miniportVersion(adapter: Index<AdapterRecord>) -> NDISVersion {
    store.drivers[store.adapters[adapter, \.driver].index, \.version]
  }

  /// Fails unless the requester's buffer holds `needed` bytes.
  func checkRoom(_ oid: OIDRecord, _ needed: Int) throws(Failure) {
    guard Int(oid.outputLength) >= needed else {
      throw Failure(
        .invalidLength, .informationBuffer, UInt64(oid.outputLength), UInt64(needed))
    }
  }

  /// Writes a number into the miniport's input.
  func put(_ value: UInt32, at offset: Int, ofInput index: Index<OIDRecord>) {
    store.oidInputs.update(index) { put(value, at: offset, &$0) }
  }

  /// Writes a number into the requester's output, if that is long enough.
  func put(_ value: UInt32, at offset: Int, ofOutput index: Index<OIDRecord>) {
    guard Int(store.oids[index, \.outputBytes]) >= offset + 4 else { return }
    store.oidOutputs.update(index) { put(value, at: offset, &$0) }
  }

  private func put(_ value: UInt32, at offset: Int, _ record: inout OIDBufferRecord) {
    guard offset >= 0, offset <= OIDBufferRecord.capacity - 4 else { return }
    for byte in 0..<4 {
      record.bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte))
    }
  }

  /// Returns the miniport's input as output, cut to the requester's buffer.
  func answerWithInput(oid index: Index<OIDRecord>) {
    let count = min(store.oids[index, \.inputLength], store.oids[index, \.outputLength])
    let source = store.oidInputs[index]
    store.oidOutputs.update(index) { $0 = source }
    store.oids.update(index) {
      $0.outputBytes = count
      $0.bytesWritten = count
    }
  }
}
