// The scripted parties of the tests: structures as a correct driver fills them in, a driver that
// answers its upcalls as the documents want it, and a provider that gives out pages of sections it
// offers.

import NDISDriverInterface
import CNDIS
import NDIS
import NDISSimulator

/// Structures with correct headers.
enum Sample {
  static func miniport(
    _ name: String = "mp", version: NDISVersion = NDISVersion(6, 30), setOptions: UInt64 = 0
  ) -> DriverCharacteristics {
    DriverCharacteristics(
      header: ObjectHeader(type: 0x8A, revision: 2, size: 152), version: version, name: Name(name),
      context: 0x11, setOptionsHandler: setOptions, handlers: [1, 2, 3, 4, 9, 10, 11, 12, 13])
  }

  static func protocolDriver(
    _ name: String = "prot", version: NDISVersion = NDISVersion(6, 30), setOptions: UInt64 = 0
  ) -> DriverCharacteristics {
    DriverCharacteristics(
      header: ObjectHeader(type: 0x95, revision: 2, size: 128), version: version, name: Name(name),
      context: 0x22, setOptionsHandler: setOptions, handlers: [5, 6, 14, 15, 16, 17, 0, 0, 0])
  }

  static func filter(_ name: String = "filter") -> DriverCharacteristics {
    DriverCharacteristics(
      header: ObjectHeader(type: 0x8B, revision: 1, size: 96), version: NDISVersion(6, 30),
      name: Name(name), context: 0x33, setOptionsHandler: 0)
  }

  static func provider(context: UInt64 = 0x44) -> ProviderCharacteristics {
    ProviderCharacteristics(
      header: ObjectHeader(type: 0xB0, revision: 1, size: 32), flags: 0, context: context,
      allocateHandler: 7, freeHandler: 8)
  }

  static func parameters(
    _ length: UInt32 = 4096, contiguous: Bool = false, sgListBufferLength: UInt32 = 16 + 24 * 64
  ) -> SharedMemoryParameters {
    SharedMemoryParameters(
      header: ObjectHeader(type: 0x80, revision: 2, size: 68), flags: contiguous ? 1 : 0,
      queueID: 0, preferredNode: 0x8000_0000, usage: 4, length: length,
      sgListBufferLength: sgListBufferLength, vportID: 0)
  }

  static func allocate(_ handle: Handle, _ length: UInt32 = 4096, contiguous: Bool = false)
    -> Request
  {
    .allocate(
      handle, parameters(length, contiguous: contiguous), tag: 0x7473_6554, site: Site("test"))
  }

  static let attributes = ObjectHeader(type: 0x9E, revision: 1, size: 28)
  static let dma = ObjectHeader(type: 0x83, revision: 1, size: 36)
}

/// Sections of a remote provider and which pages it has given out.
struct RemoteMemory {
  struct Section {
    var domain: Handle
    var taken = [Bool](repeating: false, count: RemoteMemory.pages)
  }
  static let pages = 16
  var sections: [Handle: Section] = [:]
  var blocks: [UInt64: (section: Handle, pages: [Int])] = [:]

  /// An honest answer from a section of the domain, nil when there is no room.
  mutating func take(
    _ domain: Handle, _ parameters: SharedMemoryParameters, context: UInt64, scatter: Bool
  ) -> ProviderAnswer? {
    let pages = (Int(parameters.length) + 4095) / 4096
    let fitting = sections.filter { $0.value.domain == domain }
    for (handle, section) in fitting.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      var chosen: [Int] = []
      if scatter && parameters.flags & 1 == 0 {
        let order = stride(from: 1, to: RemoteMemory.pages, by: 2)
        chosen = Array(order.filter { !section.taken[$0] }.prefix(pages))
        if chosen.count < pages { chosen = [] }
      }
      if chosen.isEmpty, pages <= RemoteMemory.pages {
        for start in 0...(RemoteMemory.pages - pages)
        where section.taken[start..<start + pages].allSatisfy({ !$0 }) {
          chosen = Array(start..<start + pages)
          break
        }
      }
      guard !chosen.isEmpty else { continue }
      for page in chosen { sections[handle]?.taken[page] = true }
      blocks[context] = (handle, chosen)
      return ProviderAnswer(
        status: .success, providerContext: context, section: handle,
        extents: ExtentList(extents(chosen, parameters.length)))
    }
    return nil
  }

  private func extents(_ pages: [Int], _ length: UInt32) -> [Extent] {
    var extents: [Extent] = []
    var left = length
    var end = -1
    for page in pages {
      let size = min(left, 4096)
      if page == end {
        extents[extents.count - 1].length += size
      } else {
        extents.append(Extent(offset: UInt64(page) * 4096, length: size))
      }
      end = page + 1
      left -= size
    }
    return extents
  }

  mutating func free(_ context: UInt64) {
    guard let block = blocks.removeValue(forKey: context) else { return }
    for page in block.pages { sections[block.section]?.taken[page] = false }
  }
}

/// Answers upcalls as a correct driver does.
final class Driver {
  let session: UInt32
  /// Sets provider handlers in SetOptions and ProtocolBindAdapterEx.
  var provides: Bool
  var scatters = false
  var opensBindings = true
  /// Of the provider handlers it sets in SetOptions.
  var providerFlags: UInt32 = 0
  /// What its miniport says of the adapter and the hardware in MiniportInitializeEx.
  var general: GeneralAttributesCall?
  /// AttributeFlags of the registration attributes.
  var attributeFlags = UInt32(NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER)
  var assist: HardwareAssist?
  var memory = RemoteMemory()
  var nextContext: UInt64 = 1
  /// Free handlers called, by context.
  var freed: [UInt64] = []
  var allocations: [UpcallDetails] = []
  /// Given a look at every upcall first; true when it has dealt with it.
  var override: (TestHost, UInt64, UpcallDetails) -> Bool = { _, _, _ in false }

  init(
    _ host: TestHost, _ name: String, uid: UInt32 = 1000, provides: Bool = false,
    isHosted: Bool = false
  ) {
    self.provides = provides
    session = host.begin(name, uid: uid, isHosted: isHosted)
    host.responders[session] = { [unowned self] host, id, details in
      if !self.override(host, id, details) { self.respond(host, id, details) }
    }
  }

  func respond(_ host: TestHost, _ id: UInt64, _ details: UpcallDetails) {
    host.answer(session, id, honest(host, id, details))
  }

  /// Does what belongs into the handler and says what it then answers.
  func honest(_ host: TestHost, _ id: UInt64, _ details: UpcallDetails) -> ProviderAnswer {
    switch Int(details.type) {
    case NDISSIM_UPCALL_SET_OPTIONS:
      if provides {
        var provider = Sample.provider()
        provider.flags = providerFlags
        host.call(session, .setOptionalHandlers(details.object, provider), context: id)
      }
    case NDISSIM_UPCALL_INITIALIZE_EX:
      host.call(
        session,
        .setMiniportAttributes(
          details.object, Sample.attributes, context: 0x55, flags: attributeFlags),
        context: id)
      if let general {
        let made = host.ask(session, .setGeneralAttributes(details.object, general), context: id)
        if made?.failure.status != .success {
          host.problem("general attributes: \(made?.failure.sentence ?? "")")
        }
      }
      if let assist {
        let made = host.ask(session, .setHardwareAssist(details.object, assist), context: id)
        if made?.failure.status != .success {
          host.problem("hardware assist: \(made?.failure.sentence ?? "")")
        }
      }
      host.call(session, .registerScatterGatherDMA(details.object, Sample.dma), context: id)
    case NDISSIM_UPCALL_BIND_ADAPTER_EX:
      if opensBindings, let driver = protocolDriver(host) {
        host.call(
          session,
          .openAdapter(protocolHandle: driver, bindContext: details.bindContext, context: 0x66),
          context: id)
        if provides {
          host.call(
            session, .setOptionalHandlers(details.object, Sample.provider(context: 0x77)),
            context: id)
        }
      }
    case NDISSIM_UPCALL_HALT_EX:
      let all = host.clients[session]?.handles ?? []
      for dma in all where dma.kind == .dma && dma.index == details.object.index {
        host.call(session, .deregisterScatterGatherDMA(dma), context: id)
      }
    case NDISSIM_UPCALL_UNBIND_ADAPTER_EX:
      host.call(session, .closeAdapter(details.object), context: id)
    case NDISSIM_UPCALL_ALLOCATE_SHARED_MEMORY:
      return allocate(host, id, details)
    case NDISSIM_UPCALL_FREE_SHARED_MEMORY:
      freed.append(details.providerContext)
      memory.free(details.providerContext)
    default: break
    }
    return ProviderAnswer(status: .success)
  }

  private func protocolDriver(_ host: TestHost) -> Handle? {
    host.clients[session]?.handles.last { $0.kind == .protocolDriver }
      ?? host.upcalls.last { $0.session == session && $0.details.object.kind == .protocolDriver }?
      .details.object
  }

  /// The handle under which this session's provider is registered, best guess first.
  var providerHandle: Handle?

  private func allocate(
    _ host: TestHost, _ id: UInt64, _ details: UpcallDetails
  ) -> ProviderAnswer {
    allocations.append(details)
    if !memory.sections.values.contains(where: { $0.domain == details.object }) {
      offer(host, domain: details.object, context: id)
    }
    let context = UInt64(session) << 32 | nextContext
    nextContext += 1
    return memory.take(details.object, details.parameters, context: context, scatter: scatters)
      ?? ProviderAnswer(status: .resources)
  }

  @discardableResult
  func offer(_ host: TestHost, domain: Handle, context: UInt64 = 0) -> Handle? {
    for handle in host.clients[session]?.handles.reversed() ?? []
    where handle.kind == .protocolDriver || handle.kind == .miniportDriver
      || handle.kind == .binding
    {
      let id = host.call(
        session, .offerSection(provider: handle, domain: domain, size: 16 * 4096, node: 0),
        context: context)
      if let made = host.result(session, id), made.failure.status == .success {
        memory.sections[made.value] = RemoteMemory.Section(domain: domain)
        return made.value
      }
    }
    return nil
  }

  // MARK: Calls

  func handle(_ host: TestHost, _ request: Request) -> Handle {
    let id = host.call(session, request)
    guard let result = host.result(session, id) else {
      host.problem("\(request) was not answered")
      return .null
    }
    if result.failure.status != .success { host.problem("\(request): \(result.failure.sentence)") }
    return result.value
  }

  func miniport(_ host: TestHost, setOptions: UInt64? = nil) -> Handle {
    handle(
      host, .registerMiniportDriver(Sample.miniport(setOptions: setOptions ?? (provides ? 9 : 0))))
  }

  func protocolDriver(_ host: TestHost, setOptions: UInt64? = nil) -> Handle {
    handle(
      host,
      .registerProtocolDriver(Sample.protocolDriver(setOptions: setOptions ?? (provides ? 9 : 0))))
  }

  func adapter(_ host: TestHost, _ driver: Handle, _ name: String) -> Handle {
    handle(host, .addAdapter(driver, Name(name)))
  }
}
