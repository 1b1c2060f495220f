// Details the host reads to write upcall messages about OID requests; nothing is changed here. `upcall(_:)` returns
// what all upcalls have in common.

public import NDISDriverInterface
import NDIS
import NDISStore

extension Simulator {
  /// The OID request of an open upcall.
  public func oid(ofUpcall id: UInt64) -> OIDDetails? {
    guard let upcall = openUpcall(id), let index = store.upcalls[upcall, \.oid].optional else {
      return nil
    }
    switch store.upcalls[upcall, \.type] {
    case .oidRequest, .cancelOIDRequest:
      return OIDDetails(
        handle: oidHandle(index), call: oidCall(index), failure: Failure(.pending, .none),
        result: OIDResult())
    case .oidRequestComplete:
      let (failure, result) = oidEnd(index)
      return OIDDetails(
        handle: oidHandle(index), call: oidCall(index), failure: failure, result: result)
    default: return nil
    }
  }

  /// The request as it was made, with the numbers NDIS has written into its input.
  private func oidCall(_ index: Index<OIDRecord>) -> OIDCall {
    let record = store.oids[index]
    let size = record.revision == 1 ? 236 : 248
    var call = OIDCall(
      header: ObjectHeader(type: 0x96, revision: record.revision, size: UInt16(size)),
      kind: UInt32(record.kind), oid: record.oid,
      input: input(oid: index), outputLength: record.outputLength,
      requestID: record.requestID, requestContext: record.requestContext)
    call.port = record.port
    call.timeout = record.timeout
    call.requestHandle = record.requestHandle
    call.methodID = record.methodID
    call.switchID = record.switchID
    call.vportID = record.vportID
    call.flags = record.flags
    return call
  }

  /// The result of a request. NDIS's own answer is built now, from its records.
  private func oidEnd(_ index: Index<OIDRecord>) -> (Failure, OIDResult) {
    let record = store.oids[index]
    guard record.answeredByNDIS != 0 else {
      let result = OIDResult(
        bytesRead: record.bytesRead, bytesWritten: record.bytesWritten,
        bytesNeeded: neededBytes(record.failure) ?? record.bytesNeeded,
        supportedRevision: record.supportedRevision,
        information: output(oid: index))
      return (record.failure, result)
    }
    do throws(Failure) {
      guard adapterHandle(record.adapter.index).rawValue == record.adapterHandle else {
        throw Failure(.notAccepted, .adapterRemoved, record.adapterHandle)
      }
      let known = try ndisAnswer(oid: index)
      let result = OIDResult(
        bytesRead: record.inputLength, information: Array(known.prefix(Int(record.outputLength))))
      return (record.failure, result)
    } catch {
      return (error, OIDResult(bytesNeeded: neededBytes(error) ?? 0))
    }
  }

  /// BytesNeeded, for a buffer NDIS found too short.
  private func neededBytes(_ failure: Failure) -> UInt32? {
    guard failure.status == .invalidLength, failure.reason == .informationBuffer else { return nil }
    return UInt32(clamping: failure.b)
  }
}
