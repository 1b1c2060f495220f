// Providers: registering the handlers, offering sections. All at PASSIVE_LEVEL.

import CNDIS
import NDISDriverProtocol
import NDIS
package import NDISPlatform

extension Connection {
  /// NdisSetOptionalHandlers ("nf-ndis-ndissetoptionalhandlers") with
  /// NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS. In `setOptions` on the driver's handle, or on a
  /// binding's handle once the adapter is open.
  ///
  /// - Parameters:
  ///   - providerContext: the provider's own number, nil = one of the kit's.
  ///   - change: modifies the image, for tests of invalid ones: its first byte is
  ///     `Header.Type`, `AllocateSharedMemoryHandler` is at 16, `FreeSharedMemoryHandler` at 24.
  public func setOptionalHandlers(
    _ ndisHandle: some NdisHandle, provider: any SharedMemoryProvider,
    providerContext: UInt64? = nil, change: (inout [UInt8]) -> Void = { _ in }
  ) throws(DriverError) {
    let number = registry.add(.provider(provider))
    let image = Characteristics.provider(number, providerContext ?? number)
    var bytes = unsafe withUnsafeBytes(of: image) { unsafe Array($0) }
    change(&bytes)
    do throws(DriverError) {
      try call(NDISSIM_SET_OPTIONAL_HANDLERS) { writer in
        writer.append(ndisHandle.rawValue)
        unsafe bytes.withUnsafeBytes { unsafe writer.append(bytes: $0) }
      }
    } catch {
      registry.remove(number)
      throw error
    }
  }

  /// Offers a section for one domain (extension). The caller keeps the memory, too.
  ///
  /// - Parameters:
  ///   - ndisHandle: the handle the provider registered its handlers on.
  ///   - domain: from the request of the allocate handler.
  /// - Returns: the section's handle and its base in the simulated physical address space.
  package func offerSection(
    _ ndisHandle: some NdisHandle, domain: UInt64, memory: borrowing SealedMemory, node: UInt32 = 0
  ) throws(DriverError) -> (section: SectionHandle, physicalBase: UInt64) {
    try offerSection(
      ndisHandle, domain: domain, size: memory.size, descriptor: memory.descriptor.raw, node: node)
  }

  /// Offers a section for one domain (extension). The caller keeps the descriptor.
  ///
  /// - Parameters:
  ///   - ndisHandle: the handle the provider registered its handlers on.
  ///   - domain: from the request of the allocate handler.
  ///   - size: bytes of the section.
  ///   - descriptor: a memfd sealed against resizing; a test may pass any, -1 sends none.
  /// - Returns: the section's handle and its base in the simulated physical address space.
  public func offerSection(
    _ ndisHandle: some NdisHandle, domain: UInt64, size: UInt64, descriptor: Int32,
    node: UInt32 = 0
  ) throws(DriverError) -> (section: SectionHandle, physicalBase: UInt64) {
    let offered = try call(NDISSIM_OFFER_SECTION, descriptor: descriptor) { writer in
      writer.append(ndisHandle.rawValue)
      writer.append(domain)
      writer.append(size)
      writer.append(node)
      writer.append(UInt32(0))
    } read: { reader throws(Failure) in
      let reply = try reader.read(ndissim_offer_reply.self)
      return (section: SectionHandle(rawValue: reply.section), physicalBase: reply.physical_base)
    }
    // NDIS does not send a session its own sections: callers on the same connection find them here. A
    // section that cannot be mapped is reported when a block needs it.
    let file = Descriptor(owning: descriptor)
    if let copy = try? file.duplicate() {
      sections.adopt(offered.section.rawValue, size: size, descriptor: copy.release())
    }
    _ = file.release()
    return offered
  }

  /// Withdraws a section without live blocks (extension).
  public func withdrawSection(_ section: SectionHandle) throws(DriverError) {
    try call(NDISSIM_WITHDRAW_SECTION) { $0.append(section.rawValue) }
  }
}
