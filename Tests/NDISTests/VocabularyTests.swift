// The vocabulary as Swift values against the constants of the C headers: types of upcalls, OID numbers, and
// what records and structures are compared with.

import CNDIS
import NDIS
import Testing

@Suite struct VocabularyTests {
  static let upcalls: [(type: UpcallType, header: Int)] = [
    (.setOptions, NDISSIM_UPCALL_SET_OPTIONS),
    (.initializeEx, NDISSIM_UPCALL_INITIALIZE_EX),
    (.haltEx, NDISSIM_UPCALL_HALT_EX),
    (.pause, NDISSIM_UPCALL_PAUSE),
    (.restart, NDISSIM_UPCALL_RESTART),
    (.shutdownEx, NDISSIM_UPCALL_SHUTDOWN_EX),
    (.oidRequest, NDISSIM_UPCALL_OID_REQUEST),
    (.cancelOIDRequest, NDISSIM_UPCALL_CANCEL_OID_REQUEST),
    (.returnNetBufferLists, NDISSIM_UPCALL_RETURN_NET_BUFFER_LISTS),
    (.devicePnPEventNotify, NDISSIM_UPCALL_DEVICE_PNP_EVENT_NOTIFY),
    (.bindAdapterEx, NDISSIM_UPCALL_BIND_ADAPTER_EX),
    (.unbindAdapterEx, NDISSIM_UPCALL_UNBIND_ADAPTER_EX),
    (.oidRequestComplete, NDISSIM_UPCALL_OID_REQUEST_COMPLETE),
    (.statusEx, NDISSIM_UPCALL_STATUS_EX),
    (.receiveNetBufferLists, NDISSIM_UPCALL_RECEIVE_NET_BUFFER_LISTS),
    (.netPnPEvent, NDISSIM_UPCALL_NET_PNP_EVENT),
    (.allocateSharedMemory, NDISSIM_UPCALL_ALLOCATE_SHARED_MEMORY),
    (.freeSharedMemory, NDISSIM_UPCALL_FREE_SHARED_MEMORY),
    (.sharedMemoryAllocateComplete, NDISSIM_UPCALL_SHARED_MEMORY_ALLOCATE_COMPLETE),
  ]

  @Test("every type of upcall has the header's number")
  func upcallTypes() {
    #expect(Self.upcalls.map(\.type) == UpcallType.allCases)
    for (type, header) in Self.upcalls { #expect(Int(type.rawValue) == header, "\(type)") }
  }

  static let oids: [(number: UInt32, header: UInt32)] = [
    (OIDNumber.receiveFilterHardwareCapabilities, OID_RECEIVE_FILTER_HARDWARE_CAPABILITIES),
    (OIDNumber.receiveFilterGlobalParameters, OID_RECEIVE_FILTER_GLOBAL_PARAMETERS),
    (OIDNumber.receiveFilterAllocateQueue, OID_RECEIVE_FILTER_ALLOCATE_QUEUE),
    (OIDNumber.receiveFilterFreeQueue, OID_RECEIVE_FILTER_FREE_QUEUE),
    (OIDNumber.receiveFilterEnumQueues, OID_RECEIVE_FILTER_ENUM_QUEUES),
    (OIDNumber.receiveFilterQueueParameters, OID_RECEIVE_FILTER_QUEUE_PARAMETERS),
    (OIDNumber.receiveFilterSetFilter, OID_RECEIVE_FILTER_SET_FILTER),
    (OIDNumber.receiveFilterClearFilter, OID_RECEIVE_FILTER_CLEAR_FILTER),
    (OIDNumber.receiveFilterEnumFilters, OID_RECEIVE_FILTER_ENUM_FILTERS),
    (OIDNumber.receiveFilterParameters, OID_RECEIVE_FILTER_PARAMETERS),
    (OIDNumber.receiveFilterQueueAllocationComplete, OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE),
    (OIDNumber.receiveFilterCurrentCapabilities, OID_RECEIVE_FILTER_CURRENT_CAPABILITIES),
    (OIDNumber.nicSwitchHardwareCapabilities, OID_NIC_SWITCH_HARDWARE_CAPABILITIES),
    (OIDNumber.nicSwitchCurrentCapabilities, OID_NIC_SWITCH_CURRENT_CAPABILITIES),
    (OIDNumber.receiveFilterMoveFilter, OID_RECEIVE_FILTER_MOVE_FILTER),
    (OIDNumber.nicSwitchCreateSwitch, OID_NIC_SWITCH_CREATE_SWITCH),
    (OIDNumber.nicSwitchParameters, OID_NIC_SWITCH_PARAMETERS),
    (OIDNumber.nicSwitchDeleteSwitch, OID_NIC_SWITCH_DELETE_SWITCH),
    (OIDNumber.nicSwitchEnumSwitches, OID_NIC_SWITCH_ENUM_SWITCHES),
    (OIDNumber.nicSwitchCreateVPort, OID_NIC_SWITCH_CREATE_VPORT),
    (OIDNumber.nicSwitchVPortParameters, OID_NIC_SWITCH_VPORT_PARAMETERS),
    (OIDNumber.nicSwitchEnumVPorts, OID_NIC_SWITCH_ENUM_VPORTS),
    (OIDNumber.nicSwitchDeleteVPort, OID_NIC_SWITCH_DELETE_VPORT),
    (OIDNumber.nicSwitchAllocateVF, OID_NIC_SWITCH_ALLOCATE_VF),
    (OIDNumber.nicSwitchFreeVF, OID_NIC_SWITCH_FREE_VF),
    (OIDNumber.pnpSetPower, OID_PNP_SET_POWER),
    (OIDNumber.pnpQueryPower, OID_PNP_QUERY_POWER),
    (OIDNumber.generate, OID_NDISSIM_GENERATE),
  ]

  @Test("every OID number is the header's, and every OID of the table has one")
  func oidNumbers() {
    for (number, header) in Self.oids { #expect(number == header) }
    #expect(Set(Self.oids.map(\.number)) == Set(OID.table.map(\.number)))
    #expect(Self.oids.count == OID.table.count)
  }

  @Test("object types have the headers' numbers")
  func objectTypes() {
    #expect(Int32(ObjectType.default) == NDIS_OBJECT_TYPE_DEFAULT)
    #expect(Int32(ObjectType.scatterGatherDMADescription) == NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION)
    #expect(
      Int32(ObjectType.miniportDriverCharacteristics)
        == NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS)
    #expect(Int32(ObjectType.oidRequest) == NDIS_OBJECT_TYPE_OID_REQUEST)
    #expect(
      Int32(ObjectType.miniportAdapterRegistrationAttributes)
        == NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES)
    #expect(
      Int32(ObjectType.sharedMemoryProviderCharacteristics)
        == NDIS_OBJECT_TYPE_SHARED_MEMORY_PROVIDER_CHARACTERISTICS)
  }

  @Test("flags, sizes and reserved values are the headers'")
  func flags() {
    #expect(Int32(SharedMemoryParameterFlags.contiguous) == NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS)
    #expect(
      Int32(SharedMemoryProviderFlags.supportsPFVPorts)
        == NDIS_SHARED_MEMORY_PROVIDER_CHAR_SUPPORTS_PF_VPORTS)
    #expect(NUMANode.any == MM_ANY_NODE_OK && VPortID.invalid == NDIS_INVALID_VPORT_ID)
    #expect(Int32(FunctionID.physical.rawValue) == NDIS_PF_FUNCTION_ID)
    #expect(Int32(MiniportAttributes.busMaster) == NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER)
    #expect(Int32(OIDRequestStructure.sizeOfRevision1) == NDIS_SIZEOF_OID_REQUEST_REVISION_1)
    #expect(Int32(OIDRequestStructure.sizeOfRevision2) == NDIS_SIZEOF_OID_REQUEST_REVISION_2)
    #expect(Int32(OIDRequestStructure.vportIDValid) == NDIS_OID_REQUEST_FLAGS_VPORT_ID_VALID)
    typealias Flags = ReceiveFilterCapabilityFlags
    #expect(Flags.vmqFiltersEnabled == NDIS_RECEIVE_FILTER_VMQ_FILTERS_ENABLED)
    #expect(Flags.vmQueuesEnabled == NDIS_RECEIVE_FILTER_VM_QUEUES_ENABLED)
    #expect(Flags.msixSupported == NDIS_RECEIVE_FILTER_MSI_X_SUPPORTED)
    #expect(Flags.vmQueueSupported == NDIS_RECEIVE_FILTER_VM_QUEUE_SUPPORTED)
    #expect(Flags.lookaheadSplitSupported == NDIS_RECEIVE_FILTER_LOOKAHEAD_SPLIT_SUPPORTED)
    #expect(Int(Routine.deregisterMiniportDriver) == NDISSIM_DEREGISTER_MINIPORT_DRIVER)
    #expect(Int(Routine.deregisterProtocolDriver) == NDISSIM_DEREGISTER_PROTOCOL_DRIVER)
  }

  @Test("images that records keep are those of the C structures, byte by byte")
  func images() throws {
    func look<Image: StoredImage, C: BitwiseCopyable>(_: Image.Type, _: C.Type) {
      #expect(MemoryLayout<Image>.size == MemoryLayout<C>.size)
      #expect(MemoryLayout<Image>.stride == MemoryLayout<C>.stride)
      #expect(MemoryLayout<Image>.alignment == MemoryLayout<C>.alignment)
      #expect(Image().bytes == [UInt8](repeating: 0, count: MemoryLayout<C>.size))
    }
    look(ReceiveQueueParametersImage.self, NDIS_RECEIVE_QUEUE_PARAMETERS.self)
    look(ReceiveFilterParametersImage.self, NDIS_RECEIVE_FILTER_PARAMETERS.self)
    look(ReceiveFilterFieldImage.self, NDIS_RECEIVE_FILTER_FIELD_PARAMETERS.self)
    look(ReceiveFilterCapabilitiesImage.self, NDIS_RECEIVE_FILTER_CAPABILITIES.self)
    look(NICSwitchParametersImage.self, NDIS_NIC_SWITCH_PARAMETERS.self)
    look(NICSwitchCapabilitiesImage.self, NDIS_NIC_SWITCH_CAPABILITIES.self)
    look(VPortParametersImage.self, NDIS_NIC_SWITCH_VPORT_PARAMETERS.self)
    var parameters = ReceiveQueueParameters(queueName: "queue", vmName: "vm", revision: 3)
    var image = ReceiveQueueParametersImage(parameters)
    #expect(image.bytes == parameters.image())
    #expect(try image.value() == parameters)
    image.queueID = 7
    parameters.queueID = 7
    #expect(image.bytes == parameters.image())
    #expect(try image.value() == parameters)
  }
}
