// Structures that a record stores whole, because NDIS must be able to return every field of them: the image
// of the newest revision, laid out as in C. This file has the bytes, the conversion from a value and back,
// and accessors for the few fields that are read or written in place.

public import CNDIS

/// The image of a structure, of which a record stores every byte.
public protocol StoredImage: BitwiseCopyable, Sendable {
  /// The type the image is decoded to.
  associatedtype Value: StructureImage

  /// An image of zeros.
  init()
}

extension StoredImage {
  /// The image of a value.
  public init(_ value: Value) { self.init(bytes: value.image()) }

  /// The first bytes of an image, the rest zero.
  public init(bytes: [UInt8]) {
    self.init()
    unsafe withUnsafeMutableBytes(of: &self) { target in
      unsafe target.copyBytes(from: bytes.prefix(target.count))
    }
  }

  /// All bytes of the image.
  public var bytes: [UInt8] { unsafe withUnsafeBytes(of: self) { unsafe Array($0) } }

  /// The decoded value; fails for an image that has not been filled in.
  public func value() throws(Failure) -> Value { try Value(image: bytes, for: .running) }
}

/// The image of `NDIS_RECEIVE_QUEUE_PARAMETERS`.
public struct ReceiveQueueParametersImage: StoredImage {
  public typealias Value = ReceiveQueueParameters
  @usableFromInline var image = NDIS_RECEIVE_QUEUE_PARAMETERS()

  @inlinable public init() {}

  /// `QueueId`.
  @inlinable public var queueID: UInt32 {
    get { image.QueueId }
    set { image.QueueId = newValue }
  }

  /// `Flags`.
  @inlinable public var flags: UInt32 {
    get { image.Flags }
    set { image.Flags = newValue }
  }

  /// `MSIXTableEntry`.
  @inlinable public var msixTableEntry: UInt32 {
    get { image.MSIXTableEntry }
    set { image.MSIXTableEntry = newValue }
  }

  /// `LookaheadSize`.
  @inlinable public var lookaheadSize: UInt32 {
    get { image.LookaheadSize }
    set { image.LookaheadSize = newValue }
  }
}

/// The image of `NDIS_RECEIVE_FILTER_PARAMETERS`.
public struct ReceiveFilterParametersImage: StoredImage {
  public typealias Value = ReceiveFilterParameters
  @usableFromInline var image = NDIS_RECEIVE_FILTER_PARAMETERS()

  @inlinable public init() {}

  /// `FilterType`.
  @inlinable public var filterType: Int32 { image.FilterType }

  /// `FilterId`.
  @inlinable public var filterID: UInt32 {
    get { image.FilterId }
    set { image.FilterId = newValue }
  }

  /// `QueueId`.
  @inlinable public var queueID: UInt32 {
    get { image.QueueId }
    set { image.QueueId = newValue }
  }

  /// `VPortId`.
  @inlinable public var vportID: UInt32 {
    get { image.VPortId }
    set { image.VPortId = newValue }
  }

  /// `FieldParametersArrayNumElements`.
  @inlinable public var fieldCount: UInt32 {
    get { image.FieldParametersArrayNumElements }
    set { image.FieldParametersArrayNumElements = newValue }
  }
}

/// The image of `NDIS_RECEIVE_FILTER_FIELD_PARAMETERS`.
public struct ReceiveFilterFieldImage: StoredImage {
  public typealias Value = ReceiveFilterField
  @usableFromInline var image = NDIS_RECEIVE_FILTER_FIELD_PARAMETERS()

  @inlinable public init() {}

  /// `FrameHeader`.
  @inlinable public var frameHeader: Int32 { image.FrameHeader }

  /// `HeaderField`.
  @inlinable public var headerField: Int32 { image.HeaderField }

  /// The first byte of `FieldValue`.
  @inlinable public var firstByte: UInt8 {
    unsafe withUnsafeBytes(of: image.FieldValue) { unsafe $0.first ?? 0 }
  }
}

/// The image of `NDIS_RECEIVE_FILTER_CAPABILITIES`.
public struct ReceiveFilterCapabilitiesImage: StoredImage {
  public typealias Value = ReceiveFilterCapabilities
  @usableFromInline var image = NDIS_RECEIVE_FILTER_CAPABILITIES()

  @inlinable public init() {}

  /// `Header.Size`.
  @inlinable public var headerSize: UInt16 {
    get { image.Header.Size }
    set { image.Header.Size = newValue }
  }

  /// `EnabledFilterTypes`.
  @inlinable public var enabledFilterTypes: UInt32 { image.EnabledFilterTypes }

  /// `EnabledQueueTypes`.
  @inlinable public var enabledQueueTypes: UInt32 { image.EnabledQueueTypes }

  /// `NumQueues`.
  @inlinable public var numQueues: UInt32 { image.NumQueues }

  /// `MaxMacHeaderFilters`.
  @inlinable public var maxMACHeaderFilters: UInt32 { image.MaxMacHeaderFilters }
}

/// The image of `NDIS_NIC_SWITCH_PARAMETERS`.
public struct NICSwitchParametersImage: StoredImage {
  public typealias Value = NICSwitchParameters
  @usableFromInline var image = NDIS_NIC_SWITCH_PARAMETERS()

  @inlinable public init() {}

  /// `NumVFs`.
  @inlinable public var numVFs: UInt32 { image.NumVFs }
}

/// The image of `NDIS_NIC_SWITCH_CAPABILITIES`.
public struct NICSwitchCapabilitiesImage: StoredImage {
  public typealias Value = NICSwitchCapabilities
  @usableFromInline var image = NDIS_NIC_SWITCH_CAPABILITIES()

  @inlinable public init() {}

  /// `Header.Size`.
  @inlinable public var headerSize: UInt16 {
    get { image.Header.Size }
    set { image.Header.Size = newValue }
  }

  /// `MaxNumSwitches`.
  @inlinable public var maxNumSwitches: UInt32 { image.MaxNumSwitches }

  /// `MaxNumVPorts`.
  @inlinable public var maxNumVPorts: UInt32 { image.MaxNumVPorts }

  /// `MaxNumVFs`.
  @inlinable public var maxNumVFs: UInt32 { image.MaxNumVFs }

  /// `NicSwitchCapabilities`.
  @inlinable public var flags: UInt32 { image.NicSwitchCapabilities }

  /// `MaxNumQueuePairs`.
  @inlinable public var maxNumQueuePairs: UInt32 { image.MaxNumQueuePairs }

  /// `MaxNumQueuePairsPerNonDefaultVPort`.
  @inlinable public var maxNumQueuePairsPerNonDefaultVPort: UInt32 {
    image.MaxNumQueuePairsPerNonDefaultVPort
  }

  /// `MaxNumQueuePairsForDefaultVPort`.
  @inlinable public var maxNumQueuePairsForDefaultVPort: UInt32 {
    image.MaxNumQueuePairsForDefaultVPort
  }
}

/// The image of `NDIS_NIC_SWITCH_VPORT_PARAMETERS`.
public struct VPortParametersImage: StoredImage {
  public typealias Value = VPortParameters
  @usableFromInline var image = NDIS_NIC_SWITCH_VPORT_PARAMETERS()

  @inlinable public init() {}

  /// `VPortId`.
  @inlinable public var vportID: UInt32 {
    get { image.VPortId }
    set { image.VPortId = newValue }
  }

  /// `AttachedFunctionId`.
  @inlinable public var attachedFunctionID: UInt16 {
    get { image.AttachedFunctionId }
    set { image.AttachedFunctionId = newValue }
  }

  /// `NumQueuePairs`.
  @inlinable public var numQueuePairs: UInt32 { image.NumQueuePairs }

  /// `VPortState`.
  @inlinable public var state: Int32 {
    get { image.VPortState }
    set { image.VPortState = newValue }
  }
}
