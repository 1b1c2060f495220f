// OID requests: issued by protocol drivers, completed by miniports. NdisOidRequest never waits: an accepted
// request is PENDING and completes with `oidRequestComplete`. `issue` waits for the completion in the
// calling thread, which reads the connection meanwhile, so it may also be called in a handler.

import CNDIS
import NDISDriverProtocol
import NDIS
import NDISPlatform

extension Connection {
  /// NdisOidRequest ("nf-ndis-ndisoidrequest"), at most DISPATCH_LEVEL. NDIS has accepted the request
  /// when this returns; it completes with the driver's `oidRequestComplete` and `requestContext`.
  ///
  /// - Throws: if NDIS refuses the call.
  public func oidRequest(
    _ binding: BindingHandle, _ request: OIDRequest, requestContext: UInt64
  ) throws(DriverError) -> OIDRequestHandle {
    let ticket = try beginWaiting(NDISSIM_OID_REQUEST) { writer in
      writer.append(binding.rawValue)
      writer.append(requestContext)
      let image = request.image()
      writer.append(image: image, size: Int(image.Header.Size))
      unsafe request.input.withUnsafeBytes { unsafe writer.append(bytes: $0) }
    }
    return OIDRequestHandle(
      rawValue: try finish(ticket) { reader throws(Failure) in
        let handle = try reader.read(UInt64.self)
        try reader.end()
        return handle
      })
  }

  /// Issues a request and waits for its completion, for which `oidRequestComplete` is not called. Throws if
  /// NDIS refuses the call; the status of an accepted request is in the completion.
  public func issue(
    _ binding: BindingHandle, _ request: OIDRequest
  ) throws(DriverError) -> OIDCompletion {
    let context = requests.withLock { requests in
      requests.nextWait &+= 1
      // Numbers of the kit's own: the top bit set, so that a driver's small numbers never meet them.
      let context = 1 << 63 | requests.nextWait
      requests.completions[context] = .some(nil)
      return context
    }
    defer { requests.withLock { _ = $0.completions.removeValue(forKey: context) } }
    _ = try oidRequest(binding, request, requestContext: context)
    try pump { $0.completions[context]?.map { _ in true } ?? false }
    guard let completion = requests.withLock({ $0.completions[context] ?? nil }) else {
      throw closedBecause ?? .closed
    }
    return completion
  }

  /// NdisCancelOidRequest ("nf-ndis-ndiscanceloidrequest"): requests of the binding with this RequestId.
  public func cancelOIDRequest(
    _ binding: BindingHandle, requestID: UInt64
  ) throws(DriverError) {
    try call(NDISSIM_CANCEL_OID_REQUEST) { writer in
      writer.append(binding.rawValue)
      writer.append(requestID)
    }
  }

  /// NdisMOidRequestComplete ("nf-ndis-ndismoidrequestcomplete"): completes a request whose handler returned
  /// PENDING. At most DISPATCH_LEVEL.
  public func completeOIDRequest(
    _ adapter: AdapterHandle, _ request: OIDRequestHandle, _ answer: OIDAnswer
  ) throws(DriverError) {
    try call(NDISSIM_MINIPORT_OID_REQUEST_COMPLETE) { writer in
      writer.append(adapter.rawValue)
      writer.append(request.rawValue)
      writer.append(answer.status.rawValue)
      writer.append(UInt32(0))
      writer.append(answer)
    }
  }
}

extension MessageWriter {
  /// `ndissim_oid_result` and the information behind it.
  mutating func append(_ answer: OIDAnswer) {
    append(answer.bytesRead)
    append(answer.bytesWritten)
    append(answer.bytesNeeded)
    append(UInt32(truncatingIfNeeded: answer.information.count))
    append(UInt64(answer.supportedRevision))
    unsafe answer.information.withUnsafeBytes { unsafe append(bytes: $0) }
  }
}

extension BodyReader {
  /// `ndissim_oid_result` and the information behind it.
  mutating func readAnswer(_ status: Status) throws(Failure) -> OIDAnswer {
    let raw = try read(ndissim_oid_result.self)
    return OIDAnswer(
      status, information: try readBytes(Int(raw.length)), bytesRead: raw.bytes_read,
      bytesWritten: raw.bytes_written, bytesNeeded: raw.bytes_needed,
      supportedRevision: raw.supported_revision)
  }
}

extension OIDRequest {
  func image() -> NDIS_OID_REQUEST {
    var image = NDIS_OID_REQUEST()
    image.Header = NDIS_OBJECT_HEADER(
      Type: UInt8(NDIS_OBJECT_TYPE_OID_REQUEST), Revision: revision,
      Size: UInt16(
        revision >= 2 ? NDIS_SIZEOF_OID_REQUEST_REVISION_2 : NDIS_SIZEOF_OID_REQUEST_REVISION_1))
    image.RequestType = Int32(bitPattern: kind)
    image.PortNumber = portNumber
    image.Timeout = timeout
    image.RequestId = requestID
    image.RequestHandle = requestHandle
    image.SwitchId = switchID
    image.VPortId = vportID
    image.Flags = flags
    let isMethod = kind == OIDRequestKind.method.rawValue
    let length =
      kind == OIDRequestKind.set.rawValue || isMethod
      ? UInt32(truncatingIfNeeded: input.count) : outputLength
    image.DATA.Oid = oid
    image.DATA.InformationBufferLength = length
    if isMethod {
      image.DATA.BytesWritten = outputLength  // OutputBufferLength
      image.DATA.BytesNeeded = methodID  // MethodId
    }
    return image
  }

  /// Reads the image and the input behind it, which is the rest of the body.
  init(_ reader: inout BodyReader) throws(Failure) {
    let image = try reader.read(NDIS_OID_REQUEST.self)
    kind = UInt32(bitPattern: image.RequestType)
    oid = image.DATA.Oid
    portNumber = image.PortNumber
    timeout = image.Timeout
    requestID = image.RequestId
    requestHandle = image.RequestHandle
    revision = image.Header.Revision
    switchID = image.SwitchId
    vportID = image.VPortId
    flags = image.Flags
    let isMethod = kind == OIDRequestKind.method.rawValue
    methodID = isMethod ? image.DATA.BytesNeeded : 0
    outputLength =
      isMethod
      ? image.DATA.BytesWritten
      : kind == OIDRequestKind.set.rawValue ? 0 : image.DATA.InformationBufferLength
    input = try reader.readBytes(reader.remaining)
  }
}
