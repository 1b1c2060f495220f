// Protocol drivers and bindings, filter drivers and modules. All at PASSIVE_LEVEL.

import CNDIS
import NDISDriverProtocol
public import NDIS

extension Connection {
  /// NdisRegisterProtocolDriver ("nf-ndis-ndisregisterprotocoldriver"). NDIS calls `setOptions`
  /// before this returns. The parameters are those of `registerMiniportDriver`.
  public func registerProtocolDriver(
    _ driver: any ProtocolDriver, name: String, version: NDISVersion = NDISVersion(6, 30),
    driverContext: UInt64? = nil, withoutHandlers: Set<Int> = []
  ) throws(DriverError) -> ProtocolDriverHandle {
    let number = registry.add(.protocolDriver(driver, .null))
    let image = Characteristics.protocolDriver(number, version)
    do throws(DriverError) {
      let handle = try register(
        NDISSIM_REGISTER_PROTOCOL_DRIVER, image, size: Int(image.Header.Size), name: name,
        context: driverContext ?? number, without: withoutHandlers)
      registry.setHandle(handle, of: number)
      return ProtocolDriverHandle(rawValue: handle)
    } catch {
      registry.remove(number)
      throw error
    }
  }

  /// NdisDeregisterProtocolDriver ("nf-ndis-ndisderegisterprotocoldriver").
  public func deregisterProtocolDriver(_ driver: ProtocolDriverHandle) throws(DriverError) {
    try call(NDISSIM_DEREGISTER_PROTOCOL_DRIVER) { $0.append(driver.rawValue) }
  }

  /// Binds a protocol driver to an adapter (extension; NDIS does so automatically). NDIS calls
  /// `bindAdapterEx` before this returns. The name is the adapter's.
  public func bindAdapter(
    _ driver: ProtocolDriverHandle, adapterName: String
  ) throws(DriverError) -> BindingHandle {
    BindingHandle(
      rawValue: try handle(NDISSIM_BIND_ADAPTER) { writer in
        writer.append(driver.rawValue)
        writer.append(Name(adapterName))
      })
  }

  /// Unbinds (extension). NDIS calls `unbindAdapterEx` before this returns.
  public func unbindAdapter(_ binding: BindingHandle) throws(DriverError) {
    try call(NDISSIM_UNBIND_ADAPTER) { $0.append(binding.rawValue) }
  }

  /// NdisOpenAdapterEx ("nf-ndis-ndisopenadapterex"); in `bindAdapterEx` only.
  public func openAdapter(
    _ request: BindRequest, bindingContext: UInt64 = 0
  ) throws(DriverError) -> BindingHandle {
    BindingHandle(
      rawValue: try handle(NDISSIM_OPEN_ADAPTER_EX) { writer in
        writer.append(request.driver.rawValue)
        writer.append(request.bindContext)
        writer.append(bindingContext)
      })
  }

  /// NdisCloseAdapterEx ("nf-ndis-ndiscloseadapterex"); in `unbindAdapterEx`.
  public func closeAdapter(_ binding: BindingHandle) throws(DriverError) {
    try call(NDISSIM_CLOSE_ADAPTER_EX) { $0.append(binding.rawValue) }
  }

  /// NdisFRegisterFilterDriver ("nf-ndis-ndisfregisterfilterdriver"). The kit has no handlers of filter
  /// drivers; they exist to test what NDIS refuses to filters.
  public func registerFilterDriver(
    name: String, version: NDISVersion = NDISVersion(6, 30), driverContext: UInt64 = 0
  ) throws(DriverError) -> FilterDriverHandle {
    let image = Characteristics.filter(version)
    return FilterDriverHandle(
      rawValue: try register(
        NDISSIM_REGISTER_FILTER_DRIVER, image, size: Int(image.Header.Size), name: name,
        context: driverContext, without: []))
  }

  /// NdisFDeregisterFilterDriver ("nf-ndis-ndisfderegisterfilterdriver").
  public func deregisterFilterDriver(_ driver: FilterDriverHandle) throws(DriverError) {
    try call(NDISSIM_DEREGISTER_FILTER_DRIVER) { $0.append(driver.rawValue) }
  }

  /// Attaches a filter module to an adapter (extension).
  public func attachFilter(
    _ driver: FilterDriverHandle, adapterName: String
  ) throws(DriverError) -> FilterModuleHandle {
    FilterModuleHandle(
      rawValue: try handle(NDISSIM_ATTACH_FILTER) { writer in
        writer.append(driver.rawValue)
        writer.append(Name(adapterName))
      })
  }

  /// Detaches a filter module (extension).
  public func detachFilter(_ module: FilterModuleHandle) throws(DriverError) {
    try call(NDISSIM_DETACH_FILTER) { $0.append(module.rawValue) }
  }
}
