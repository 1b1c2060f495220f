// The golden messages themselves, in the order of the protocol's header file.

import CNDIS
import NDISDriverProtocol
import NDIS

extension GoldenList {
  /// Every message of protocol version 1.
  static func all() -> [GoldenMessage] {
    var list = GoldenList()
    list.addSession()
    list.addMiniport()
    list.addProtocolAndFilter()
    list.addSharedMemory()
    list.addUpcalls()
    list.addOthers()
    list.addLife()
    list.addOIDs()
    list.addReceiving()
    list.addAttributes()
    list.addMiniportMemory()
    list.addDMAChannels()
    return list.messages
  }

  private mutating func addSession() {
    call("hello", NDISSIM_HELLO) { writer in
      writer.append(UInt16(1))
      writer.append(UInt16(2))
      writer.append(UInt32(0))
      writer.append(UInt64(3))
      writer.append(UInt64(0))
      writer.append(Name("golden"))
    } reply: { writer in
      var reply = ndissim_hello_reply()
      reply.version = 1
      reply.page_size = 4096
      reply.features = 2
      reply.instance = Example.instance
      reply.session_token = 0x7777
      reply.maximum_message = NDISSIM_MAXIMUM_MESSAGE
      reply.maximum_outstanding = Limits.maximumOutstanding
      reply.maximum_extents = Limits.maximumExtents
      reply.maximum_call_depth = Limits.maximumCallDepth
      reply.upcall_deadline_ms = 5000
      reply.ndis_version = 0x0006_0059
      reply.maximum_bytes = 1 << 32
      reply.maximum_blocks = 1 << 20
      reply.maximum_sections = 256
      writer.append(reply)
    }
    call("ping", NDISSIM_PING)
    call("reset", NDISSIM_RESET)
    call("statistics", NDISSIM_STATISTICS) { _ in
    } reply: { writer in
      for counter in 1...20 as ClosedRange<UInt64> { writer.append(counter) }
    }
  }

  private mutating func addMiniport() {
    call("register_miniport_driver", NDISSIM_REGISTER_MINIPORT_DRIVER) { writer in
      writer.append(Example.driverContext)
      writer.append(Name("golden-miniport"))
      writer.append(image: GoldenImage.miniport, size: GoldenImage.miniport.Header.Size)
    } reply: {
      $0.append(Example.miniport)
    }
    call("deregister_miniport_driver", NDISSIM_DEREGISTER_MINIPORT_DRIVER) {
      $0.append(Example.miniport)
    }
    call("set_miniport_attributes", NDISSIM_SET_MINIPORT_ATTRIBUTES, context: upcallID + 1) {
      $0.append(Example.adapter)
      $0.append(image: GoldenImage.attributes, size: GoldenImage.attributes.Header.Size)
    }
    call("register_scatter_gather_dma", NDISSIM_REGISTER_SCATTER_GATHER_DMA, context: upcallID + 1)
    {
      $0.append(Example.adapter)
      $0.append(image: GoldenImage.dma, size: GoldenImage.dma.Header.Size)
    } reply: {
      $0.append(Example.dma)
      $0.append(UInt32(424))
      $0.append(UInt32(0))
    }
    call(
      "deregister_scatter_gather_dma", NDISSIM_DEREGISTER_SCATTER_GATHER_DMA,
      context: upcallID + 2
    ) { $0.append(Example.dma) }
    call("add_adapter", NDISSIM_ADD_ADAPTER) {
      $0.append(Example.miniport)
      $0.append(Name("golden0"))
    } reply: {
      $0.append(Example.adapter)
    }
    call("remove_adapter", NDISSIM_REMOVE_ADAPTER) { $0.append(Example.adapter) }
  }

  private mutating func addProtocolAndFilter() {
    call("register_protocol_driver", NDISSIM_REGISTER_PROTOCOL_DRIVER) { writer in
      writer.append(Example.driverContext)
      writer.append(Name("golden-protocol"))
      writer.append(
        image: GoldenImage.protocolDriver, size: GoldenImage.protocolDriver.Header.Size)
    } reply: {
      $0.append(Example.protocolDriver)
    }
    call("deregister_protocol_driver", NDISSIM_DEREGISTER_PROTOCOL_DRIVER) {
      $0.append(Example.protocolDriver)
    }
    call("open_adapter_ex", NDISSIM_OPEN_ADAPTER_EX, context: upcallID + 5) {
      $0.append(Example.protocolDriver)
      $0.append(Example.bindContext)
      $0.append(Example.bindingContext)
    } reply: {
      $0.append(Example.binding)
    }
    call("close_adapter_ex", NDISSIM_CLOSE_ADAPTER_EX, context: upcallID + 6) {
      $0.append(Example.binding)
    }
    call("bind_adapter", NDISSIM_BIND_ADAPTER) {
      $0.append(Example.protocolDriver)
      $0.append(Name("golden0"))
    } reply: {
      $0.append(Example.binding)
    }
    call("unbind_adapter", NDISSIM_UNBIND_ADAPTER) { $0.append(Example.binding) }

    call("register_filter_driver", NDISSIM_REGISTER_FILTER_DRIVER) { writer in
      writer.append(Example.driverContext)
      writer.append(Name("golden-filter"))
      writer.append(image: GoldenImage.filter, size: GoldenImage.filter.Header.Size)
    } reply: {
      $0.append(Example.filterDriver)
    }
    call("deregister_filter_driver", NDISSIM_DEREGISTER_FILTER_DRIVER) {
      $0.append(Example.filterDriver)
    }
    call("attach_filter", NDISSIM_ATTACH_FILTER) {
      $0.append(Example.filterDriver)
      $0.append(Name("golden0"))
    } reply: {
      $0.append(Example.filterModule)
    }
    call("detach_filter", NDISSIM_DETACH_FILTER) { $0.append(Example.filterModule) }
  }

  private mutating func addSharedMemory() {
    call("set_optional_handlers", NDISSIM_SET_OPTIONAL_HANDLERS, context: upcallID) {
      $0.append(Example.protocolDriver)
      $0.append(image: GoldenImage.provider, size: GoldenImage.provider.Header.Size)
    }
    call("allocate_shared_memory", NDISSIM_ALLOCATE_SHARED_MEMORY, replyDescriptors: 1) {
      $0.append(Example.adapter)
      $0.append(Example.tag)
      $0.append(UInt32(0))
      $0.append(Site("Golden/Queue.swift:42"))
      $0.append(image: GoldenImage.parameters, size: GoldenImage.parameters.Header.Size)
    } reply: {
      $0.append(Example.allocation)
      $0.append(Example.sharedMemory)
      $0.append(Example.section)
      $0.append(UInt64(0x10_0000))
      $0.append(UInt64(0x1_0000_0000))
      $0.append(UInt32(2))
      $0.append(UInt32(0))
      $0.append(Extent(offset: 0x3000, length: 4096))
      $0.append(Extent(offset: 0x8000, length: 2048))
    }
    call("free_shared_memory", NDISSIM_FREE_SHARED_MEMORY) {
      $0.append(Example.adapter)
      $0.append(Example.allocation)
    }
    call("offer_section", NDISSIM_OFFER_SECTION, context: upcallID + 7, descriptors: 1) {
      $0.append(Example.protocolDriver)
      $0.append(Example.domain)
      $0.append(UInt64(0x10_0000))
      $0.append(UInt32(0))
      $0.append(UInt32(0))
    } reply: {
      $0.append(Example.section)
      $0.append(UInt64(0x1_0000_0000))
    }
    call("withdraw_section", NDISSIM_WITHDRAW_SECTION) { $0.append(Example.section) }
  }
}
