// Miniport drivers, adapters and their DMA. All at PASSIVE_LEVEL.

import CNDIS
import NDISDriverProtocol
public import NDIS

extension Connection {
  /// NdisMRegisterMiniportDriver ("nf-ndis-ndismregisterminiportdriver"). NDIS calls `setOptions`
  /// before this returns.
  ///
  /// - Parameters:
  ///   - driver: kept for the life of the connection, or until `reset`.
  ///   - name: at most 31 bytes; live drivers have different names.
  ///   - version: the NDIS version the driver is written for.
  ///   - driverContext: the driver's own number, nil = one of the kit's.
  ///   - withoutHandlers: handlers whose cookie must be zero, by the offset of their field.
  public func registerMiniportDriver(
    _ driver: any MiniportDriver, name: String, version: NDISVersion = NDISVersion(6, 30),
    driverContext: UInt64? = nil, withoutHandlers: Set<Int> = []
  ) throws(DriverError) -> MiniportDriverHandle {
    let number = registry.add(.miniport(driver))
    let image = Characteristics.miniport(number, version)
    do throws(DriverError) {
      let handle = try register(
        NDISSIM_REGISTER_MINIPORT_DRIVER, image, size: Int(image.Header.Size), name: name,
        context: driverContext ?? number, without: withoutHandlers)
      return MiniportDriverHandle(rawValue: handle)
    } catch {
      registry.remove(number)
      throw error
    }
  }

  /// NdisMDeregisterMiniportDriver ("nf-ndis-ndismderegisterminiportdriver"): ends the driver and
  /// its adapters.
  public func deregisterMiniportDriver(_ driver: MiniportDriverHandle) throws(DriverError) {
    try call(NDISSIM_DEREGISTER_MINIPORT_DRIVER) { $0.append(driver.rawValue) }
  }

  /// Adds an adapter, as plug and play does (extension). NDIS calls `initializeEx` and `restart`
  /// before this returns.
  public func addAdapter(
    _ driver: MiniportDriverHandle, name: String
  ) throws(DriverError) -> AdapterHandle {
    AdapterHandle(
      rawValue: try handle(NDISSIM_ADD_ADAPTER) { writer in
        writer.append(driver.rawValue)
        writer.append(Name(name))
      })
  }

  /// Removes an adapter (extension). NDIS calls `pause` and `haltEx` before this returns.
  public func removeAdapter(_ adapter: AdapterHandle) throws(DriverError) {
    try call(NDISSIM_REMOVE_ADAPTER) { $0.append(adapter.rawValue) }
  }

  /// NdisMSetMiniportAttributes ("nf-ndis-ndismsetminiportattributes") with registration
  /// attributes; in `initializeEx` only.
  ///
  /// - Parameters:
  ///   - isBusMaster: false declares hardware without NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER.
  ///   - wantsBugCheckShutdown: true sets NDIS_MINIPORT_ATTRIBUTES_REGISTER_BUGCHECK_CALLBACK.
  public func setMiniportAttributes(
    _ adapter: AdapterHandle, context: UInt64, isBusMaster: Bool = true,
    wantsBugCheckShutdown: Bool = false
  ) throws(DriverError) {
    let image = Characteristics.attributes(
      context, isBusMaster: isBusMaster, wantsBugCheckShutdown: wantsBugCheckShutdown)
    try call(NDISSIM_SET_MINIPORT_ATTRIBUTES) { writer in
      writer.append(adapter.rawValue)
      writer.append(image: image, size: Int(image.Header.Size))
    }
  }

  /// NdisMRegisterScatterGatherDma ("nf-ndis-ndismregisterscattergatherdma"); in `initializeEx`.
  /// Returns the handle and the size of a scatter-gather list of `maximumPhysicalMapping` bytes.
  ///
  /// - Parameters:
  ///   - has64BitAddresses: false leaves out NDIS_SG_DMA_64_BIT_ADDRESS; the adapter's physical addresses are below
  ///     4 GiB then.
  ///   - completesAllocations: false leaves SharedMemAllocateCompleteHandler NULL; then
  ///     `mAllocateSharedMemoryAsyncEx` fails.
  public func registerScatterGatherDMA(
    _ adapter: AdapterHandle, maximumPhysicalMapping: UInt32 = 65536,
    has64BitAddresses: Bool = true, completesAllocations: Bool = true
  ) throws(DriverError) -> (handle: DMAHandle, listSize: UInt32) {
    let driver = completesAllocations ? registry.driver(of: adapter.rawValue) : nil
    var image = Characteristics.dma(maximumPhysicalMapping, driver: driver)
    if !has64BitAddresses { image.Flags &= ~MiniportAttributes.sgDMA64BitAddress }
    return try call(NDISSIM_REGISTER_SCATTER_GATHER_DMA) { writer in
      writer.append(adapter.rawValue)
      writer.append(image: image, size: Int(image.Header.Size))
    } read: { reader throws(Failure) in
      let reply = try reader.read(ndissim_register_dma_reply.self)
      return (DMAHandle(rawValue: reply.dma_handle), reply.scatter_gather_list_size)
    }
  }

  /// NdisMDeregisterScatterGatherDma ("nf-ndis-ndismderegisterscattergatherdma"); in `haltEx`.
  public func deregisterScatterGatherDMA(_ handle: DMAHandle) throws(DriverError) {
    try call(NDISSIM_DEREGISTER_SCATTER_GATHER_DMA) { $0.append(handle.rawValue) }
  }

  /// NdisMRegisterDmaChannel ("nf-ndis-ndismregisterdmachannel"); in `initializeEx` of a device that is no bus
  /// master, or is one on the ISA bus.
  public func registerDMAChannel(
    _ adapter: AdapterHandle, _ channel: DMAChannelDescription
  ) throws(DriverError) -> DMAChannelHandle {
    var image = NDIS_DMA_DESCRIPTION()
    image.DemandMode = channel.demandMode ? 1 : 0
    image.AutoInitialize = channel.autoInitialize ? 1 : 0
    image.DmaChannelSpecified = channel.channel == nil ? 0 : 1
    image.DmaWidth = channel.width
    image.DmaSpeed = channel.speed
    image.DmaPort = channel.port
    image.DmaChannel = channel.channel ?? 0
    return DMAChannelHandle(
      rawValue: try handle(NDISSIM_REGISTER_DMA_CHANNEL) { writer in
        writer.append(
          ndissim_register_dma_channel(
            adapter_handle: adapter.rawValue,
            dma_32bit_addresses: channel.has32BitAddresses ? 1 : 0,
            maximum_length: channel.maximumLength))
        writer.append(image)
      })
  }

  /// NdisMDeregisterDmaChannel ("nf-ndis-ndismderegisterdmachannel"); in `initializeEx` or `haltEx`.
  public func deregisterDMAChannel(_ handle: DMAChannelHandle) throws(DriverError) {
    try call(NDISSIM_DEREGISTER_DMA_CHANNEL) { $0.append(handle.rawValue) }
  }

  /// A request whose reply is one handle.
  func handle(
    _ type: Int, write: (inout MessageWriter) -> Void
  ) throws(DriverError) -> UInt64 {
    try call(type, write: write) { reader throws(Failure) in
      let handle = try reader.read(UInt64.self)
      try reader.end()
      return handle
    }
  }

  /// Registers a driver of any kind.
  func register<Image: BitwiseCopyable>(
    _ type: Int, _ image: Image, size: Int, name: String, context: UInt64, without: Set<Int>
  ) throws(DriverError) -> UInt64 {
    var image = image
    for offset in without where offset >= 0 && offset + 8 <= size {
      unsafe withUnsafeMutableBytes(of: &image) {
        unsafe $0.storeBytes(of: 0, toByteOffset: offset, as: UInt64.self)
      }
    }
    return try handle(type) { writer in
      writer.append(context)
      writer.append(Name(name))
      writer.append(image: image, size: size)
    }
  }
}

extension MessageWriter {
  /// Appends the first `size` bytes of an image.
  mutating func append<Image: BitwiseCopyable>(image: Image, size: Int) {
    unsafe withUnsafeBytes(of: image) { bytes in
      unsafe append(bytes: UnsafeRawBufferPointer(rebasing: bytes.prefix(size)))
    }
  }
}
