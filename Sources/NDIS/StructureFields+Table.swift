// The fields of the structures by name: where each stands in the x64 image and what it holds. For tools
// that show a structure they were handed, or fill one in by hand. Reserved fields are left out; those that
// say where an array's elements are stand apart.

import CNDIS

extension Structure {
  /// The fields and elements of every structure, by its name.
  static let contents: [String: Contents] = {
    var all: [String: Contents] = [:]
    for (structure, contents) in rows { all[structure.name] = contents }
    return all
  }()

  private static func at<Image>(
    _ path: PartialKeyPath<Image>, _ name: String, _ kind: Field.Kind
  ) -> Field {
    Field(name: name, offset: MemoryLayout<Image>.offset(of: path) ?? 0, kind: kind)
  }

  private static func array<Image>(
    of element: Structure, _ offset: PartialKeyPath<Image>, _ count: PartialKeyPath<Image>,
    _ size: PartialKeyPath<Image>
  ) -> Elements {
    Elements(
      structure: element, offsetAt: MemoryLayout<Image>.offset(of: offset) ?? 0,
      countAt: MemoryLayout<Image>.offset(of: count) ?? 0,
      sizeAt: MemoryLayout<Image>.offset(of: size) ?? 0)
  }

  private static let rows: [(Structure, Contents)] = [
    (
      .receiveQueueParameters,
      Contents(
        [
          at(\NDIS_RECEIVE_QUEUE_PARAMETERS.Flags, "Flags", .flags(queueFlags)),
          at(\NDIS_RECEIVE_QUEUE_PARAMETERS.QueueType, "QueueType", .choice(queueTypes)),
          at(\NDIS_RECEIVE_QUEUE_PARAMETERS.QueueId, "QueueId", .number(bytes: 4)),
          at(\NDIS_RECEIVE_QUEUE_PARAMETERS.QueueGroupId, "QueueGroupId", .number(bytes: 4)),
          at(\NDIS_RECEIVE_QUEUE_PARAMETERS.ProcessorAffinity, "ProcessorAffinity", .affinity),
          at(\NDIS_RECEIVE_QUEUE_PARAMETERS.NumSuggestedReceiveBuffers, "NumSuggestedReceiveBuffers", .number(bytes: 4)),
          at(\NDIS_RECEIVE_QUEUE_PARAMETERS.MSIXTableEntry, "MSIXTableEntry", .number(bytes: 4)),
          at(\NDIS_RECEIVE_QUEUE_PARAMETERS.LookaheadSize, "LookaheadSize", .number(bytes: 4)),
          at(\NDIS_RECEIVE_QUEUE_PARAMETERS.VmName, "VmName", .text),
          at(\NDIS_RECEIVE_QUEUE_PARAMETERS.QueueName, "QueueName", .text),
          at(\NDIS_RECEIVE_QUEUE_PARAMETERS.PortId, "PortId", .number(bytes: 4)),
          at(\NDIS_RECEIVE_QUEUE_PARAMETERS.InterruptCoalescingDomainId, "InterruptCoalescingDomainId", .number(bytes: 4)),
          at(\NDIS_RECEIVE_QUEUE_PARAMETERS.QosSqId, "QosSqId", .number(bytes: 4)),
        ])
    ),
    (
      .receiveQueueFreeParameters,
      Contents(
        [
          at(\NDIS_RECEIVE_QUEUE_FREE_PARAMETERS.Flags, "Flags", .number(bytes: 4)),
          at(\NDIS_RECEIVE_QUEUE_FREE_PARAMETERS.QueueId, "QueueId", .number(bytes: 4)),
        ])
    ),
    (
      .receiveQueueInfo,
      Contents(
        [
          at(\NDIS_RECEIVE_QUEUE_INFO.Flags, "Flags", .flags(queueFlags)),
          at(\NDIS_RECEIVE_QUEUE_INFO.QueueType, "QueueType", .choice(queueTypes)),
          at(\NDIS_RECEIVE_QUEUE_INFO.QueueId, "QueueId", .number(bytes: 4)),
          at(\NDIS_RECEIVE_QUEUE_INFO.QueueGroupId, "QueueGroupId", .number(bytes: 4)),
          at(\NDIS_RECEIVE_QUEUE_INFO.QueueState, "QueueState", .choice(queueStates)),
          at(\NDIS_RECEIVE_QUEUE_INFO.ProcessorAffinity, "ProcessorAffinity", .affinity),
          at(\NDIS_RECEIVE_QUEUE_INFO.NumSuggestedReceiveBuffers, "NumSuggestedReceiveBuffers", .number(bytes: 4)),
          at(\NDIS_RECEIVE_QUEUE_INFO.MSIXTableEntry, "MSIXTableEntry", .number(bytes: 4)),
          at(\NDIS_RECEIVE_QUEUE_INFO.LookaheadSize, "LookaheadSize", .number(bytes: 4)),
          at(\NDIS_RECEIVE_QUEUE_INFO.VmName, "VmName", .text),
          at(\NDIS_RECEIVE_QUEUE_INFO.QueueName, "QueueName", .text),
          at(\NDIS_RECEIVE_QUEUE_INFO.NumFilters, "NumFilters", .number(bytes: 4)),
          at(\NDIS_RECEIVE_QUEUE_INFO.InterruptCoalescingDomainId, "InterruptCoalescingDomainId", .number(bytes: 4)),
        ])
    ),
    (
      .receiveQueueInfoArray,
      Contents(
        [

        ],
        array(
          of: .receiveQueueInfo, \NDIS_RECEIVE_QUEUE_INFO_ARRAY.FirstElementOffset, \NDIS_RECEIVE_QUEUE_INFO_ARRAY.NumElements,
          \NDIS_RECEIVE_QUEUE_INFO_ARRAY.ElementSize))
    ),
    (
      .queueAllocationComplete,
      Contents(
        [
          at(\NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_ARRAY.Flags, "Flags", .number(bytes: 4)),
        ],
        array(
          of: .queueAllocationCompleteElement, \NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_ARRAY.FirstElementOffset, \NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_ARRAY.NumElements,
          \NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_ARRAY.ElementSize))
    ),
    (
      .queueAllocationCompleteElement,
      Contents(
        [
          at(\NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_PARAMETERS.Flags, "Flags", .number(bytes: 4)),
          at(\NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_PARAMETERS.QueueId, "QueueId", .number(bytes: 4)),
          at(\NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_PARAMETERS.CompletionStatus, "CompletionStatus", .status),
        ])
    ),
    (
      .receiveQueueState,
      Contents(
        [
          at(\NDIS_RECEIVE_QUEUE_STATE.Flags, "Flags", .number(bytes: 4)),
          at(\NDIS_RECEIVE_QUEUE_STATE.QueueId, "QueueId", .number(bytes: 4)),
          at(\NDIS_RECEIVE_QUEUE_STATE.QueueState, "QueueState", .choice(queueStates)),
        ])
    ),
    (
      .receiveFilterParameters,
      Contents(
        [
          at(\NDIS_RECEIVE_FILTER_PARAMETERS.Flags, "Flags", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_PARAMETERS.FilterType, "FilterType", .choice(filterTypes)),
          at(\NDIS_RECEIVE_FILTER_PARAMETERS.QueueId, "QueueId", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_PARAMETERS.FilterId, "FilterId", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_PARAMETERS.RequestedFilterIdBitCount, "RequestedFilterIdBitCount", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_PARAMETERS.MaxCoalescingDelay, "MaxCoalescingDelay", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_PARAMETERS.VPortId, "VPortId", .number(bytes: 4)),
        ],
        array(
          of: .receiveFilterField, \NDIS_RECEIVE_FILTER_PARAMETERS.FieldParametersArrayOffset, \NDIS_RECEIVE_FILTER_PARAMETERS.FieldParametersArrayNumElements,
          \NDIS_RECEIVE_FILTER_PARAMETERS.FieldParametersArrayElementSize))
    ),
    (
      .receiveFilterField,
      Contents(
        [
          at(\NDIS_RECEIVE_FILTER_FIELD_PARAMETERS.Flags, "Flags", .flags(fieldFlags)),
          at(\NDIS_RECEIVE_FILTER_FIELD_PARAMETERS.FrameHeader, "FrameHeader", .choice(frameHeaders)),
          at(\NDIS_RECEIVE_FILTER_FIELD_PARAMETERS.ReceiveFilterTest, "ReceiveFilterTest", .choice(filterTests)),
          at(\NDIS_RECEIVE_FILTER_FIELD_PARAMETERS.HeaderField, "HeaderField", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_FIELD_PARAMETERS.FieldValue, "FieldValue", .bytes(16)),
          at(\NDIS_RECEIVE_FILTER_FIELD_PARAMETERS.ResultValue, "ResultValue", .bytes(16)),
        ])
    ),
    (
      .receiveFilterClear,
      Contents(
        [
          at(\NDIS_RECEIVE_FILTER_CLEAR_PARAMETERS.Flags, "Flags", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_CLEAR_PARAMETERS.QueueId, "QueueId", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_CLEAR_PARAMETERS.FilterId, "FilterId", .number(bytes: 4)),
        ])
    ),
    (
      .receiveFilterMove,
      Contents(
        [
          at(\NDIS_RECEIVE_FILTER_MOVE_FILTER_PARAMETERS.FilterId, "FilterId", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_MOVE_FILTER_PARAMETERS.SourceQueueId, "SourceQueueId", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_MOVE_FILTER_PARAMETERS.SourceVPortId, "SourceVPortId", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_MOVE_FILTER_PARAMETERS.DestQueueId, "DestQueueId", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_MOVE_FILTER_PARAMETERS.DestVPortId, "DestVPortId", .number(bytes: 4)),
        ])
    ),
    (
      .receiveFilterInfo,
      Contents(
        [
          at(\NDIS_RECEIVE_FILTER_INFO.Flags, "Flags", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_INFO.FilterType, "FilterType", .choice(filterTypes)),
          at(\NDIS_RECEIVE_FILTER_INFO.FilterId, "FilterId", .number(bytes: 4)),
        ])
    ),
    (
      .receiveFilterInfoArray,
      Contents(
        [
          at(\NDIS_RECEIVE_FILTER_INFO_ARRAY.QueueId, "QueueId", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_INFO_ARRAY.Flags, "Flags", .flags(filterArrayFlags)),
          at(\NDIS_RECEIVE_FILTER_INFO_ARRAY.VPortId, "VPortId", .number(bytes: 4)),
        ],
        array(
          of: .receiveFilterInfo, \NDIS_RECEIVE_FILTER_INFO_ARRAY.FirstElementOffset, \NDIS_RECEIVE_FILTER_INFO_ARRAY.NumElements,
          \NDIS_RECEIVE_FILTER_INFO_ARRAY.ElementSize))
    ),
    (
      .receiveFilterCapabilities,
      Contents(
        [
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.Flags, "Flags", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.EnabledFilterTypes, "EnabledFilterTypes", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.EnabledQueueTypes, "EnabledQueueTypes", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.NumQueues, "NumQueues", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.SupportedQueueProperties, "SupportedQueueProperties", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.SupportedFilterTests, "SupportedFilterTests", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.SupportedHeaders, "SupportedHeaders", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.SupportedMacHeaderFields, "SupportedMacHeaderFields", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.MaxMacHeaderFilters, "MaxMacHeaderFilters", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.MaxQueueGroups, "MaxQueueGroups", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.MaxQueuesPerQueueGroup, "MaxQueuesPerQueueGroup", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.MinLookaheadSplitSize, "MinLookaheadSplitSize", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.MaxLookaheadSplitSize, "MaxLookaheadSplitSize", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.SupportedARPHeaderFields, "SupportedARPHeaderFields", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.SupportedIPv4HeaderFields, "SupportedIPv4HeaderFields", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.SupportedIPv6HeaderFields, "SupportedIPv6HeaderFields", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.SupportedUdpHeaderFields, "SupportedUdpHeaderFields", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.MaxFieldTestsPerPacketCoalescingFilter, "MaxFieldTestsPerPacketCoalescingFilter", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.MaxPacketCoalescingFilters, "MaxPacketCoalescingFilters", .number(bytes: 4)),
        ])
    ),
    (
      .receiveFilterGlobalParameters,
      Contents(
        [
          at(\NDIS_RECEIVE_FILTER_GLOBAL_PARAMETERS.Flags, "Flags", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_GLOBAL_PARAMETERS.EnabledFilterTypes, "EnabledFilterTypes", .number(bytes: 4)),
          at(\NDIS_RECEIVE_FILTER_GLOBAL_PARAMETERS.EnabledQueueTypes, "EnabledQueueTypes", .number(bytes: 4)),
        ])
    ),
    (
      .nicSwitchCapabilities,
      Contents(
        [
          at(\NDIS_NIC_SWITCH_CAPABILITIES.Flags, "Flags", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.NumTotalMacAddresses, "NumTotalMacAddresses", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.NumMacAddressesPerPort, "NumMacAddressesPerPort", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.NumVlansPerPort, "NumVlansPerPort", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.NicSwitchCapabilities, "NicSwitchCapabilities", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.MaxNumSwitches, "MaxNumSwitches", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.MaxNumVPorts, "MaxNumVPorts", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.MaxNumVFs, "MaxNumVFs", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.MaxNumQueuePairs, "MaxNumQueuePairs", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.MaxNumQueuePairsPerNonDefaultVPort, "MaxNumQueuePairsPerNonDefaultVPort", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.MaxNumMacAddresses, "MaxNumMacAddresses", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.MaxNumRssCapableNonDefaultPFVPorts, "MaxNumRssCapableNonDefaultPFVPorts", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.NumberOfIndirectionTableEntriesForDefaultVPort, "NumberOfIndirectionTableEntriesForDefaultVPort", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.NumberOfIndirectionTableEntriesPerNonDefaultPFVPort, "NumberOfIndirectionTableEntriesPerNonDefaultPFVPort", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.MaxNumQueuePairsForDefaultVPort, "MaxNumQueuePairsForDefaultVPort", .number(bytes: 4)),
        ])
    ),
    (
      .nicSwitchInfo,
      Contents(
        [
          at(\NDIS_NIC_SWITCH_INFO.Flags, "Flags", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_INFO.SwitchType, "SwitchType", .choice(switchTypes)),
          at(\NDIS_NIC_SWITCH_INFO.SwitchId, "SwitchId", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_INFO.SwitchFriendlyName, "SwitchFriendlyName", .text),
          at(\NDIS_NIC_SWITCH_INFO.NumVFs, "NumVFs", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_INFO.NumAllocatedVFs, "NumAllocatedVFs", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_INFO.NumVPorts, "NumVPorts", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_INFO.NumActiveVPorts, "NumActiveVPorts", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_INFO.NumQueuePairsForDefaultVPort, "NumQueuePairsForDefaultVPort", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_INFO.NumQueuePairsForNonDefaultVPorts, "NumQueuePairsForNonDefaultVPorts", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_INFO.NumActiveDefaultVPortMacAddresses, "NumActiveDefaultVPortMacAddresses", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_INFO.NumActiveNonDefaultVPortMacAddresses, "NumActiveNonDefaultVPortMacAddresses", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_INFO.NumActiveDefaultVPortVlanIds, "NumActiveDefaultVPortVlanIds", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_INFO.NumActiveNonDefaultVPortVlanIds, "NumActiveNonDefaultVPortVlanIds", .number(bytes: 4)),
        ])
    ),
    (
      .nicSwitchInfoArray,
      Contents(
        [

        ],
        array(
          of: .nicSwitchInfo, \NDIS_NIC_SWITCH_INFO_ARRAY.FirstElementOffset, \NDIS_NIC_SWITCH_INFO_ARRAY.NumElements,
          \NDIS_NIC_SWITCH_INFO_ARRAY.ElementSize))
    ),
    (
      .vfParameters,
      Contents(
        [
          at(\NDIS_NIC_SWITCH_VF_PARAMETERS.Flags, "Flags", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_VF_PARAMETERS.SwitchId, "SwitchId", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_VF_PARAMETERS.VMName, "VMName", .text),
          at(\NDIS_NIC_SWITCH_VF_PARAMETERS.VMFriendlyName, "VMFriendlyName", .text),
          at(\NDIS_NIC_SWITCH_VF_PARAMETERS.NicName, "NicName", .text),
          at(\NDIS_NIC_SWITCH_VF_PARAMETERS.MacAddressLength, "MacAddressLength", .number(bytes: 2)),
          at(\NDIS_NIC_SWITCH_VF_PARAMETERS.PermanentMacAddress, "PermanentMacAddress", .bytes(32)),
          at(\NDIS_NIC_SWITCH_VF_PARAMETERS.CurrentMacAddress, "CurrentMacAddress", .bytes(32)),
          at(\NDIS_NIC_SWITCH_VF_PARAMETERS.VFId, "VFId", .number(bytes: 2)),
          at(\NDIS_NIC_SWITCH_VF_PARAMETERS.RequestorId, "RequestorId", .number(bytes: 4)),
        ])
    ),
    (
      .vfFree,
      Contents(
        [
          at(\NDIS_NIC_SWITCH_FREE_VF_PARAMETERS.Flags, "Flags", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_FREE_VF_PARAMETERS.VFId, "VFId", .number(bytes: 2)),
        ])
    ),
    (
      .nicSwitchParameters,
      Contents(
        [
          at(\NDIS_NIC_SWITCH_PARAMETERS.Flags, "Flags", .flags(switchFlags)),
          at(\NDIS_NIC_SWITCH_PARAMETERS.SwitchType, "SwitchType", .choice(switchTypes)),
          at(\NDIS_NIC_SWITCH_PARAMETERS.SwitchId, "SwitchId", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_PARAMETERS.SwitchFriendlyName, "SwitchFriendlyName", .text),
          at(\NDIS_NIC_SWITCH_PARAMETERS.NumVFs, "NumVFs", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_PARAMETERS.NumQueuePairsForDefaultVPort, "NumQueuePairsForDefaultVPort", .number(bytes: 4)),
        ])
    ),
    (
      .nicSwitchDelete,
      Contents(
        [
          at(\NDIS_NIC_SWITCH_DELETE_SWITCH_PARAMETERS.Flags, "Flags", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_DELETE_SWITCH_PARAMETERS.SwitchId, "SwitchId", .number(bytes: 4)),
        ])
    ),
    (
      .vportParameters,
      Contents(
        [
          at(\NDIS_NIC_SWITCH_VPORT_PARAMETERS.Flags, "Flags", .flags(vportFlags)),
          at(\NDIS_NIC_SWITCH_VPORT_PARAMETERS.SwitchId, "SwitchId", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_VPORT_PARAMETERS.VPortId, "VPortId", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_VPORT_PARAMETERS.VPortName, "VPortName", .text),
          at(\NDIS_NIC_SWITCH_VPORT_PARAMETERS.AttachedFunctionId, "AttachedFunctionId", .number(bytes: 2)),
          at(\NDIS_NIC_SWITCH_VPORT_PARAMETERS.NumQueuePairs, "NumQueuePairs", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_VPORT_PARAMETERS.InterruptModeration, "InterruptModeration", .choice(moderations)),
          at(\NDIS_NIC_SWITCH_VPORT_PARAMETERS.VPortState, "VPortState", .choice(vportStates)),
          at(\NDIS_NIC_SWITCH_VPORT_PARAMETERS.ProcessorAffinity, "ProcessorAffinity", .affinity),
          at(\NDIS_NIC_SWITCH_VPORT_PARAMETERS.LookaheadSize, "LookaheadSize", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_VPORT_PARAMETERS.QosSqId, "QosSqId", .number(bytes: 4)),
        ])
    ),
    (
      .vportDelete,
      Contents(
        [
          at(\NDIS_NIC_SWITCH_DELETE_VPORT_PARAMETERS.Flags, "Flags", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_DELETE_VPORT_PARAMETERS.VPortId, "VPortId", .number(bytes: 4)),
        ])
    ),
    (
      .vportInfo,
      Contents(
        [
          at(\NDIS_NIC_SWITCH_VPORT_INFO.VPortId, "VPortId", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_VPORT_INFO.Flags, "Flags", .flags(vportInfoFlags)),
          at(\NDIS_NIC_SWITCH_VPORT_INFO.SwitchId, "SwitchId", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_VPORT_INFO.VPortName, "VPortName", .text),
          at(\NDIS_NIC_SWITCH_VPORT_INFO.AttachedFunctionId, "AttachedFunctionId", .number(bytes: 2)),
          at(\NDIS_NIC_SWITCH_VPORT_INFO.NumQueuePairs, "NumQueuePairs", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_VPORT_INFO.InterruptModeration, "InterruptModeration", .choice(moderations)),
          at(\NDIS_NIC_SWITCH_VPORT_INFO.VPortState, "VPortState", .choice(vportStates)),
          at(\NDIS_NIC_SWITCH_VPORT_INFO.ProcessorAffinity, "ProcessorAffinity", .affinity),
          at(\NDIS_NIC_SWITCH_VPORT_INFO.LookaheadSize, "LookaheadSize", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_VPORT_INFO.NumFilters, "NumFilters", .number(bytes: 4)),
        ])
    ),
    (
      .vportInfoArray,
      Contents(
        [
          at(\NDIS_NIC_SWITCH_VPORT_INFO_ARRAY.Flags, "Flags", .flags(vportArrayFlags)),
          at(\NDIS_NIC_SWITCH_VPORT_INFO_ARRAY.SwitchId, "SwitchId", .number(bytes: 4)),
          at(\NDIS_NIC_SWITCH_VPORT_INFO_ARRAY.AttachedFunctionId, "AttachedFunctionId", .number(bytes: 2)),
        ],
        array(
          of: .vportInfo, \NDIS_NIC_SWITCH_VPORT_INFO_ARRAY.FirstElementOffset, \NDIS_NIC_SWITCH_VPORT_INFO_ARRAY.NumElements,
          \NDIS_NIC_SWITCH_VPORT_INFO_ARRAY.ElementSize))
    ),
  ]
}
