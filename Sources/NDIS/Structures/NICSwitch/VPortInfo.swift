// NDIS_NIC_SWITCH_VPORT_INFO and its array: the answer to OID_NIC_SWITCH_ENUM_VPORTS.

import CNDIS

/// NDIS's information about a VPort.
public struct VPortInfo: StructureImage {
  public static var structure: Structure { .vportInfo }
  public var revision: UInt8 = 1
  public var vportID: UInt32
  /// The properties; an information structure has no CHANGED flags.
  public var flags: UInt32
  public var switchID: UInt32
  public var name: String
  public var attachedFunction: FunctionID
  public var numQueuePairs: UInt32
  public var interruptModeration: InterruptModeration
  public var state: VPortOperationalState
  public var processorAffinity: GroupAffinity
  public var lookaheadSize: UInt32
  public var numFilters: UInt32

  /// `NDIS_NIC_SWITCH_VPORT_INFO_*`: lookahead split, packet direct, GFT.
  static let knownFlags: UInt32 = 0x7

  /// For a VPort with these parameters.
  public init(_ parameters: VPortParameters, numFilters: UInt32) {
    vportID = parameters.vportID
    // The first two bits mean the same in both structures.
    flags = parameters.flags.rawValue & 0x3
    switchID = parameters.switchID
    name = parameters.name
    attachedFunction = parameters.attachedFunction
    numQueuePairs = parameters.numQueuePairs
    interruptModeration = parameters.interruptModeration
    state = parameters.state
    processorAffinity = parameters.processorAffinity
    lookaheadSize = parameters.lookaheadSize
    self.numFilters = numFilters
  }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(NDIS_NIC_SWITCH_VPORT_INFO(), bytes, version)
    try checkFlags(image.Flags, known: Self.knownFlags)
    self.revision = revision
    vportID = image.VPortId
    flags = image.Flags
    switchID = image.SwitchId
    name = try text(of: image.VPortName)
    attachedFunction = FunctionID(rawValue: image.AttachedFunctionId)
    numQueuePairs = image.NumQueuePairs
    interruptModeration = try checkValue(
      image.InterruptModeration, InterruptModeration.self, .interruptModeration)
    state = try checkValue(image.VPortState, VPortOperationalState.self, .vportState)
    processorAffinity = GroupAffinity(image.ProcessorAffinity)
    lookaheadSize = image.LookaheadSize
    numFilters = image.NumFilters
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_NIC_SWITCH_VPORT_INFO()
    image.VPortId = vportID
    image.Flags = flags
    image.SwitchId = switchID
    image.VPortName = NDIS_IF_COUNTED_STRING(name)
    image.AttachedFunctionId = attachedFunction.rawValue
    image.NumQueuePairs = numQueuePairs
    image.InterruptModeration = interruptModeration.rawValue
    image.VPortState = state.rawValue
    image.ProcessorAffinity = processorAffinity.image
    image.LookaheadSize = lookaheadSize
    image.NumFilters = numFilters
    store(image, to: &bytes)
  }
}

/// `NDIS_NIC_SWITCH_VPORT_INFO_ARRAY`: the queried VPorts, and the answer.
public struct VPortInfoArray: StructureImage {
  public static var structure: Structure { .vportInfoArray }
  public var revision: UInt8 = 1
  /// Nil unless ENUM_ON_SPECIFIC_SWITCH is set.
  public var switchID: UInt32?
  /// Nil unless ENUM_ON_SPECIFIC_FUNCTION is set.
  public var attachedFunction: FunctionID?
  public var vports: [VPortInfo]

  public init(
    on function: FunctionID? = nil, of switchID: UInt32? = nil, vports: [VPortInfo] = []
  ) {
    self.switchID = switchID
    attachedFunction = function
    self.vports = vports
  }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(
      NDIS_NIC_SWITCH_VPORT_INFO_ARRAY(), bytes, version)
    let function = NDIS_NIC_SWITCH_VPORT_INFO_ARRAY_ENUM_ON_SPECIFIC_FUNCTION
    let ofSwitch = NDIS_NIC_SWITCH_VPORT_INFO_ARRAY_ENUM_ON_SPECIFIC_SWITCH
    try checkFlags(image.Flags, known: function | ofSwitch)
    self.revision = revision
    switchID = image.Flags & ofSwitch == 0 ? nil : image.SwitchId
    attachedFunction =
      image.Flags & function == 0 ? nil : FunctionID(rawValue: image.AttachedFunctionId)
    vports = try unsafe Self.elements(
      VPortInfo.self, of: bytes, head: Self.structure.size(revision),
      offset: image.FirstElementOffset, count: image.NumElements, size: image.ElementSize,
      for: version)
  }

  public func append(to bytes: inout [UInt8]) {
    let layout = ElementLayout(vports, behind: Self.structure.size(revision))
    var image = NDIS_NIC_SWITCH_VPORT_INFO_ARRAY()
    if let switchID {
      image.Flags |= NDIS_NIC_SWITCH_VPORT_INFO_ARRAY_ENUM_ON_SPECIFIC_SWITCH
      image.SwitchId = switchID
    }
    if let attachedFunction {
      image.Flags |= NDIS_NIC_SWITCH_VPORT_INFO_ARRAY_ENUM_ON_SPECIFIC_FUNCTION
      image.AttachedFunctionId = attachedFunction.rawValue
    }
    image.FirstElementOffset = layout.offset
    image.NumElements = layout.count
    image.ElementSize = layout.size
    store(image, to: &bytes)
    layout.append(vports, to: &bytes)
  }
}
