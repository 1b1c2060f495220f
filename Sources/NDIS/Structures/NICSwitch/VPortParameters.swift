// NDIS_NIC_SWITCH_VPORT_PARAMETERS: input of OID_NIC_SWITCH_CREATE_VPORT, and queried and changed by
// OID_NIC_SWITCH_VPORT_PARAMETERS. A VPort on the physical function is created Deactivated and activated
// once; only deletion deactivates it. NDK parameters are opaque: ignored on input, zero on output.

import CNDIS

/// A virtual port's parameters.
public struct VPortParameters: StructureImage {
  public static var structure: Structure { .vportParameters }
  public var revision: UInt8
  public var flags: VPortFlags
  public var switchID: UInt32
  /// 0 in a creation; NDIS assigns it.
  public var vportID: UInt32
  public var name: String
  public var attachedFunction: FunctionID
  public var numQueuePairs: UInt32
  public var interruptModeration: InterruptModeration
  public var state: VPortOperationalState
  public var processorAffinity: GroupAffinity
  /// Always 0.
  public var lookaheadSize: UInt32
  /// Revision 2.
  public var qosSQID: UInt32

  /// A request for a VPort.
  public init(
    name: String, attachedTo function: FunctionID = .physical, numQueuePairs: UInt32 = 1,
    processorAffinity: GroupAffinity = GroupAffinity(mask: 1), revision: UInt8 = 1
  ) {
    self.revision = revision
    flags = []
    switchID = 0
    vportID = 0
    self.name = name
    attachedFunction = function
    self.numQueuePairs = numQueuePairs
    interruptModeration = .undefined
    state = .undefined
    self.processorAffinity = processorAffinity
    lookaheadSize = 0
    qosSQID = 0
  }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(
      NDIS_NIC_SWITCH_VPORT_PARAMETERS(), bytes, version)
    try checkFlags(image.Flags, known: VPortFlags.known.rawValue)
    self.revision = revision
    flags = VPortFlags(rawValue: image.Flags)
    switchID = image.SwitchId
    vportID = image.VPortId
    name = try text(of: image.VPortName)
    attachedFunction = FunctionID(rawValue: image.AttachedFunctionId)
    numQueuePairs = image.NumQueuePairs
    interruptModeration = try checkValue(
      image.InterruptModeration, InterruptModeration.self, .interruptModeration)
    state = try checkValue(image.VPortState, VPortOperationalState.self, .vportState)
    processorAffinity = GroupAffinity(image.ProcessorAffinity)
    lookaheadSize = image.LookaheadSize
    qosSQID = image.QosSqId
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_NIC_SWITCH_VPORT_PARAMETERS()
    image.Flags = flags.rawValue
    image.SwitchId = switchID
    image.VPortId = vportID
    image.VPortName = NDIS_IF_COUNTED_STRING(name)
    image.AttachedFunctionId = attachedFunction.rawValue
    image.NumQueuePairs = numQueuePairs
    image.InterruptModeration = interruptModeration.rawValue
    image.VPortState = state.rawValue
    image.ProcessorAffinity = processorAffinity.image
    image.LookaheadSize = lookaheadSize
    image.QosSqId = qosSQID
    store(image, to: &bytes)
  }
}
