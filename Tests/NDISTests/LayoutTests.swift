// The x64 images of the NDIS structures, offsets and sizes typed again from the public headers.

import CNDIS
import Testing

@Suite struct LayoutTests {
  private typealias Parameters = NDIS_SHARED_MEMORY_PARAMETERS
  private typealias Provider = NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS

  @Test("behaviour 1: NDIS_SHARED_MEMORY_PARAMETERS has the x64 layout")
  func parameters() {
    let offsets = [
      MemoryLayout<Parameters>.offset(of: \.Header), MemoryLayout<Parameters>.offset(of: \.Flags),
      MemoryLayout<Parameters>.offset(of: \.QueueId),
      MemoryLayout<Parameters>.offset(of: \.SharedMemoryHandle),
      MemoryLayout<Parameters>.offset(of: \.PreferredNode),
      MemoryLayout<Parameters>.offset(of: \.Usage), MemoryLayout<Parameters>.offset(of: \.Length),
      MemoryLayout<Parameters>.offset(of: \.VirtualAddress),
      MemoryLayout<Parameters>.offset(of: \.SGListBufferLength),
      MemoryLayout<Parameters>.offset(of: \.SGListBuffer),
      MemoryLayout<Parameters>.offset(of: \.VPortId),
    ]
    #expect(offsets == [0, 4, 8, 16, 24, 28, 32, 40, 48, 56, 64])
    #expect(MemoryLayout<Parameters>.size == 72)
    #expect(NDIS_SIZEOF_SHARED_MEMORY_PARAMETERS_REVISION_1 == 64)
    #expect(NDIS_SIZEOF_SHARED_MEMORY_PARAMETERS_REVISION_2 == 68)
    #expect(NDIS_SHARED_MEMORY_PARAMETERS_REVISION_1 == 1)
    #expect(NDIS_SHARED_MEMORY_PARAMETERS_REVISION_2 == 2)
    #expect(NDIS_OBJECT_TYPE_DEFAULT == 0x80)
    #expect(NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS == 1)
    #expect(NDIS_SHARED_MEM_PARAMETERS_CONTIGOUS == 1)
    #expect(MM_ANY_NODE_OK == 0x8000_0000)
    #expect(NDIS_INVALID_VPORT_ID == 0xFFFF_FFFF)
  }

  @Test("behaviour 2: NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS has the x64 layout")
  func provider() {
    let offsets = [
      MemoryLayout<Provider>.offset(of: \.Header), MemoryLayout<Provider>.offset(of: \.Flags),
      MemoryLayout<Provider>.offset(of: \.ProviderContext),
      MemoryLayout<Provider>.offset(of: \.AllocateSharedMemoryHandler),
      MemoryLayout<Provider>.offset(of: \.FreeSharedMemoryHandler),
    ]
    #expect(offsets == [0, 4, 8, 16, 24])
    #expect(MemoryLayout<Provider>.size == 32)
    #expect(NDIS_SIZEOF_SHARED_MEMORY_PROVIDER_CHARACTERISTICS_REVISION_1 == 32)
    #expect(NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS_REVISION_1 == 1)
    #expect(NDIS_OBJECT_TYPE_SHARED_MEMORY_PROVIDER_CHARACTERISTICS == 0xB0)
  }

  @Test("object header and scatter-gather list have the x64 layout")
  func others() {
    #expect(MemoryLayout<NDIS_OBJECT_HEADER>.size == 4)
    #expect(MemoryLayout<NDIS_OBJECT_HEADER>.offset(of: \.Revision) == 1)
    #expect(MemoryLayout<NDIS_OBJECT_HEADER>.offset(of: \.Size) == 2)
    #expect(MemoryLayout<SCATTER_GATHER_LIST>.size == 16)
    #expect(MemoryLayout<SCATTER_GATHER_ELEMENT>.size == 24)
    #expect(MemoryLayout<SCATTER_GATHER_ELEMENT>.offset(of: \.Length) == 8)
    #expect(MemoryLayout<SCATTER_GATHER_ELEMENT>.offset(of: \.Reserved) == 16)
  }

  @Test("driver characteristics and attributes have the x64 sizes and object types")
  func drivers() {
    typealias Miniport = NDIS_MINIPORT_DRIVER_CHARACTERISTICS
    typealias Driver = NDIS_PROTOCOL_DRIVER_CHARACTERISTICS
    #expect(MemoryLayout<Miniport>.size == 160)
    #expect(MemoryLayout<Miniport>.offset(of: \.InitializeHandlerEx) == 24)
    #expect(MemoryLayout<Miniport>.offset(of: \.HaltHandlerEx) == 32)
    #expect(MemoryLayout<Miniport>.offset(of: \.PauseHandler) == 48)
    #expect(MemoryLayout<Miniport>.offset(of: \.RestartHandler) == 56)
    #expect(MemoryLayout<Driver>.size == 128)
    #expect(MemoryLayout<Driver>.offset(of: \.BindAdapterHandlerEx) == 40)
    #expect(MemoryLayout<Driver>.offset(of: \.UnbindAdapterHandlerEx) == 48)
    #expect(NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS == 0x8A)
    #expect(NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS == 0x8B)
    #expect(NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS == 0x95)
    #expect(NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES == 0x9E)
    #expect(NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION == 0x83)
    #expect(NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1 == 28)
    #expect(NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1 == 36)
  }
}
