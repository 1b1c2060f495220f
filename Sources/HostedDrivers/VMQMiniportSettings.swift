// Settings of a hosted miniport.

public import NDIS

/// Settings of a hosted miniport.
public struct VMQSettings: Sendable, Hashable {
  /// The adapter's name.
  public var name: String
  /// Nondefault receive queues, 1 to 63. Ignored when there are VPorts.
  public var queues: UInt32
  /// Nondefault VPorts, 0 to 63; 0: VMQ. With VPorts the adapter has a NIC switch and no VM queues.
  public var vports: UInt32
  /// Bytes to request for each queue; fewer if that fails.
  public var queueMemory: UInt32
  /// The NDIS version it registers. Before 6.30 it can split frames at a lookahead size.
  public var version: NDISVersion
  /// Length in bytes of a generated frame, and of the longest one that can be requested.
  public var frameLength: UInt32
  /// Frames per second for every queue that receives; 0: on request only.
  public var framesPerSecond: UInt32
  public var pends: Pends

  /// The requests it returns PENDING for and completes afterwards. A request that has to wait for lists
  /// always pends.
  public enum Pends: String, Sendable, CaseIterable {
    case never
    /// OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE and _FREE_QUEUE, as real miniports do.
    case queues
    /// Every OID request, MiniportPause and MiniportRestart.
    case always
  }

  public init(
    name: String, queues: UInt32 = 8, vports: UInt32 = 0, queueMemory: UInt32 = 256 << 10,
    version: NDISVersion = .vports, frameLength: UInt32 = 1514, framesPerSecond: UInt32 = 0,
    pends: Pends = .queues
  ) {
    self.name = name
    self.queues = queues
    self.vports = vports
    self.queueMemory = queueMemory
    self.version = version
    self.frameLength = frameLength
    self.framesPerSecond = framesPerSecond
    self.pends = pends
  }

  /// The NDIS versions it can register.
  public static let versions: [NDISVersion] = [20, 30, 40, 50, 60, 70, 80].map {
    NDISVersion(6, $0)
  }
  /// The maximum number of nondefault queues, and of nondefault VPorts.
  public static let maximumQueues: UInt32 = 63
  /// Minimum number of frames in a queue's memory; with less memory it does not run.
  public static let minimumBuffers: UInt32 = 8

  /// The minimum memory of a queue with these settings.
  public var leastMemory: UInt32 { Self.minimumBuffers * bufferStride }

  /// Whether it has a NIC switch instead of VM queues.
  var hasSwitch: Bool { vports > 0 }

  /// Whether queues may request lookahead split.
  var canSplit: Bool { version < .vports && !hasSwitch }

  /// These settings, clamped to their bounds.
  var clamped: VMQSettings {
    var result = self
    let lengths = GeneratedFrame.lengths
    result.queues = min(max(queues, 1), Self.maximumQueues)
    result.vports = version < .vports ? 0 : min(vports, Self.maximumQueues)
    result.frameLength = min(max(frameLength, lengths.lowerBound), lengths.upperBound)
    result.queueMemory = min(
      max(queueMemory, Self.minimumBuffers * result.bufferStride), 16 << 20)
    result.framesPerSecond = min(framesPerSecond, 1_000_000)
    return result
  }
}
