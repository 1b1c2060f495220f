// The parts the tests play: a miniport driver and a protocol driver made of closures, and a
// provider in this process that keeps what it is asked and answers what a test wants.

import NDISDriverKit
import NDISPlatform
import Testing

/// A miniport driver that registers DMA, unless a test takes that over.
final class Miniport: MiniportDriver {
  typealias Options = @Sendable (MiniportDriverHandle, Connection) throws(DriverError) -> Void
  typealias Handler = @Sendable (AdapterHandle, Connection) throws(DriverError) -> Void

  private let dma = Monitor<[AdapterHandle: DMAHandle]>([:])
  private let registersDMA: Bool
  private let options: Options
  private let initialize: Handler
  private let halt: Handler

  init(
    dma registersDMA: Bool = true, options: @escaping Options = { _, _ throws(DriverError) in },
    initialize: @escaping Handler = { _, _ throws(DriverError) in },
    halt: @escaping Handler = { _, _ throws(DriverError) in }
  ) {
    self.registersDMA = registersDMA
    self.options = options
    self.initialize = initialize
    self.halt = halt
  }

  func setOptions(
    _ driver: MiniportDriverHandle, on connection: Connection
  ) throws(DriverError) -> Status {
    try options(driver, connection)
    return .success
  }

  func initializeEx(
    _ adapter: AdapterHandle, name: String, on connection: Connection
  ) throws(DriverError) -> Status {
    try connection.setMiniportAttributes(adapter, context: adapter.rawValue)
    if registersDMA {
      let handle = try connection.registerScatterGatherDMA(adapter).handle
      dma.withLock { $0[adapter] = handle }
    }
    try initialize(adapter, connection)
    return .success
  }

  func haltEx(
    _ adapter: AdapterHandle, context: UInt64, action: HaltAction, on connection: Connection
  ) throws(DriverError) -> Status {
    try halt(adapter, connection)
    if let handle = dma.withLock({ $0.removeValue(forKey: adapter) }) {
      try connection.deregisterScatterGatherDMA(handle)
    }
    return .success
  }
}

/// A protocol driver that opens what it is bound to.
final class ProtocolRole: ProtocolDriver {
  typealias Options = @Sendable (ProtocolDriverHandle, Connection) throws(DriverError) -> Void
  typealias Bound = @Sendable (BindingHandle, Connection) throws(DriverError) -> Void

  private let options: Options
  private let bound: Bound

  init(
    options: @escaping Options = { _, _ throws(DriverError) in },
    bound: @escaping Bound = { _, _ throws(DriverError) in }
  ) {
    self.options = options
    self.bound = bound
  }

  func setOptions(
    _ driver: ProtocolDriverHandle, on connection: Connection
  ) throws(DriverError) -> Status {
    try options(driver, connection)
    return .success
  }

  func bindAdapterEx(
    _ request: BindRequest, on connection: Connection
  ) throws(DriverError) -> Status {
    try bound(try connection.openAdapter(request), connection)
    return .success
  }
}

/// A provider in this process. It serves honestly unless `change` makes something else of it.
final class RecordingProvider: SharedMemoryProvider {
  typealias Change = @Sendable (ProviderRequest, inout ProviderAnswer) -> Void

  private struct State {
    var allocator: SectionAllocator?
    var requests: [ProviderRequest] = []
    var answers: [ProviderAnswer] = []
    var frees: [ProviderBlock] = []
  }

  private let state = Monitor<State>(State())
  private let isScattered: Bool
  private let change: Change

  init(isScattered: Bool = false, change: @escaping Change = { _, _ in }) {
    self.isScattered = isScattered
    self.change = change
  }

  /// One that keeps its answers to requests with the tag "LATE" back, to be given later.
  static func withholding() -> (RecordingProvider, Monitor<[(UInt64, ProviderAnswer)]>) {
    let withheld = Monitor<[(UInt64, ProviderAnswer)]>([])
    let provider = RecordingProvider { request, answer in
      guard request.parameters.tag == "LATE" else { return }
      let kept = (request.upcall, answer)
      withheld.withLock { $0.append(kept) }
      answer = .suppressed
    }
    return (provider, withheld)
  }

  /// Registers it on a handle.
  func register(
    _ handle: some NdisHandle, on connection: Connection, context: UInt64
  ) throws(DriverError) {
    let allocator = SectionAllocator(handle: handle, sectionSize: 4 << 20)
    state.withLock { $0.allocator = allocator }
    try connection.setOptionalHandlers(handle, provider: self, providerContext: context)
  }

  var requests: [ProviderRequest] { state.withLock { $0.requests } }
  /// Contexts that were answered with success.
  var handedOut: [UInt64] {
    state.withLock { state in
      state.answers.filter { $0.status == .success }.map { $0.sharedMemoryProviderContext }
    }
  }
  var answers: [ProviderAnswer] { state.withLock { $0.answers } }
  var frees: [ProviderBlock] { state.withLock { $0.frees } }

  func allocateSharedMemory(_ request: ProviderRequest) -> ProviderAnswer {
    state.withLock { $0.requests.append(request) }
    var answer = ProviderAnswer.refused(.resources)
    // The caller's list may be too short; a provider of these tests does not care.
    var generous = request
    generous.maximumExtents = 1024
    if let allocator = state.withLock({ $0.allocator }),
      let block = try? allocator.allocate(generous, isScattered: isScattered)
    {
      answer = ProviderAnswer(
        context: block.context, section: block.section, extents: block.extents)
    }
    change(request, &answer)
    let final = answer
    state.withLock { $0.answers.append(final) }
    return answer
  }

  func freeSharedMemory(_ block: ProviderBlock) {
    let allocator = state.withLock { state in
      state.frees.append(block)
      return state.allocator
    }
    allocator?.free(block.sharedMemoryProviderContext)
  }

  func sectionReleased(_ section: SectionHandle) {
    state.withLock { $0.allocator }?.sectionReleased(section)
  }
}

/// A driver with one running adapter.
struct Caller {
  let connection: Connection
  let driver: MiniportDriverHandle
  let adapter: AdapterHandle

  func allocate(
    _ length: UInt32 = 4096, tag: PoolTag = "test",
    _ change: (inout SharedMemoryParameters) -> Void = { _ in }
  ) throws(DriverError) -> SharedMemoryBlock {
    var parameters = SharedMemoryParameters(length: length, tag: tag)
    change(&parameters)
    return try connection.allocate(adapter, parameters)
  }

  func free(_ block: SharedMemoryBlock) throws(DriverError) { try connection.free(block) }
}

extension Bench {
  /// Connects a miniport driver and adds an adapter of the same name.
  func miniport(
    _ name: String = "mini", version: NDISVersion = NDISVersion(6, 30),
    driver: Miniport = Miniport(), isServing: Bool = false
  ) throws -> Caller {
    let connection = try connect(name, isServing: isServing)
    let handle = try connection.registerMiniportDriver(driver, name: name, version: version)
    return Caller(
      connection: connection, driver: handle,
      adapter: try connection.addAdapter(handle, name: name))
  }

  /// Connects a protocol driver that provides shared memory with this provider.
  func provider(
    _ provider: RecordingProvider, name: String = "vsp", context: UInt64 = 0xC0FFEE
  ) throws -> (connection: Connection, driver: ProtocolDriverHandle) {
    let connection = try connect(name, isServing: true)
    let role = ProtocolRole(options: { handle, connection throws(DriverError) in
      try provider.register(handle, on: connection, context: context)
    })
    return (connection, try connection.registerProtocolDriver(role, name: name))
  }
}

/// Expects a refusal by NDIS with this status and rule; the error is the answer.
@discardableResult
func expectRefused<Value>(
  _ status: Status, _ rule: String, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws(DriverError) -> Value
) throws -> DriverError {
  do throws(DriverError) {
    _ = try body()
  } catch {
    #expect(error.kind == .ndis, "\(error)", sourceLocation: sourceLocation)
    #expect(error.status == status, "\(error)", sourceLocation: sourceLocation)
    #expect(error.rule == rule, "\(error)", sourceLocation: sourceLocation)
    return error
  }
  Issue.record("nothing was refused", sourceLocation: sourceLocation)
  throw BenchProblem("nothing was refused where \(rule) was expected")
}
