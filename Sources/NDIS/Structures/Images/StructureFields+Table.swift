// The fields of the structures by name: offset in the x64 image and type. For tools that show a structure, or
// fill one in by hand. Reserved fields are left out; those that describe an array are listed separately.

import CNDIS

extension Structure {
  /// The fields and elements of every structure, by its name.
  static let contents: [String: Contents] = {
    var all: [String: Contents] = [:]
    for (structure, contents) in rows { all[structure.name] = contents }
    return all
  }()

  private static func at<Image>(
    _ path: PartialKeyPath<Image>, _ name: String, _ kind: Field.Kind = .number(bytes: 4)
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
          at(\NDIS_RECEIVE_QUEUE_PARAMETERS.QueueId, "QueueId"),
          at(\NDIS_RECEIVE_QUEUE_PARAMETERS.QueueGroupId, "QueueGroupId"),
          at(\NDIS_RECEIVE_QUEUE_PARAMETERS.ProcessorAffinity, "ProcessorAffinity", .affinity),
          at(
            \NDIS_RECEIVE_QUEUE_PARAMETERS.NumSuggestedReceiveBuffers, "NumSuggestedReceiveBuffers"),
          at(\NDIS_RECEIVE_QUEUE_PARAMETERS.MSIXTableEntry, "MSIXTableEntry"),
          at(\NDIS_RECEIVE_QUEUE_PARAMETERS.LookaheadSize, "LookaheadSize"),
          at(\NDIS_RECEIVE_QUEUE_PARAMETERS.VmName, "VmName", .text),
          at(\NDIS_RECEIVE_QUEUE_PARAMETERS.QueueName, "QueueName", .text),
          at(\NDIS_RECEIVE_QUEUE_PARAMETERS.PortId, "PortId"),
          at(
            \NDIS_RECEIVE_QUEUE_PARAMETERS.InterruptCoalescingDomainId,
            "InterruptCoalescingDomainId"),
          at(\NDIS_RECEIVE_QUEUE_PARAMETERS.QosSqId, "QosSqId"),
        ])
    ),
    (
      .receiveQueueFreeParameters,
      Contents(
        [
          at(\NDIS_RECEIVE_QUEUE_FREE_PARAMETERS.Flags, "Flags"),
          at(\NDIS_RECEIVE_QUEUE_FREE_PARAMETERS.QueueId, "QueueId"),
        ])
    ),
    (
      .receiveQueueInfo,
      Contents(
        [
          at(\NDIS_RECEIVE_QUEUE_INFO.Flags, "Flags", .flags(queueFlags)),
          at(\NDIS_RECEIVE_QUEUE_INFO.QueueType, "QueueType", .choice(queueTypes)),
          at(\NDIS_RECEIVE_QUEUE_INFO.QueueId, "QueueId"),
          at(\NDIS_RECEIVE_QUEUE_INFO.QueueGroupId, "QueueGroupId"),
          at(\NDIS_RECEIVE_QUEUE_INFO.QueueState, "QueueState", .choice(queueStates)),
          at(\NDIS_RECEIVE_QUEUE_INFO.ProcessorAffinity, "ProcessorAffinity", .affinity),
          at(\NDIS_RECEIVE_QUEUE_INFO.NumSuggestedReceiveBuffers, "NumSuggestedReceiveBuffers"),
          at(\NDIS_RECEIVE_QUEUE_INFO.MSIXTableEntry, "MSIXTableEntry"),
          at(\NDIS_RECEIVE_QUEUE_INFO.LookaheadSize, "LookaheadSize"),
          at(\NDIS_RECEIVE_QUEUE_INFO.VmName, "VmName", .text),
          at(\NDIS_RECEIVE_QUEUE_INFO.QueueName, "QueueName", .text),
          at(\NDIS_RECEIVE_QUEUE_INFO.NumFilters, "NumFilters"),
          at(\NDIS_RECEIVE_QUEUE_INFO.InterruptCoalescingDomainId, "InterruptCoalescingDomainId"),
        ])
    ),
    (
      .receiveQueueInfoArray,
      Contents(
        [

        ],
        array(
          of: .receiveQueueInfo, \NDIS_RECEIVE_QUEUE_INFO_ARRAY.FirstElementOffset,
          \NDIS_RECEIVE_QUEUE_INFO_ARRAY.NumElements,
          \NDIS_RECEIVE_QUEUE_INFO_ARRAY.ElementSize))
    ),
    (
      .queueAllocationComplete,
      Contents(
        [
          at(\NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_ARRAY.Flags, "Flags")
        ],
        array(
          of: .queueAllocationCompleteElement,
          \NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_ARRAY.FirstElementOffset,
          \NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_ARRAY.NumElements,
          \NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_ARRAY.ElementSize))
    ),
    (
      .queueAllocationCompleteElement,
      Contents(
        [
          at(\NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_PARAMETERS.Flags, "Flags"),
          at(\NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_PARAMETERS.QueueId, "QueueId"),
          at(
            \NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_PARAMETERS.CompletionStatus, "CompletionStatus",
            .status),
        ])
    ),
    (
      .receiveQueueState,
      Contents(
        [
          at(\NDIS_RECEIVE_QUEUE_STATE.Flags, "Flags"),
          at(\NDIS_RECEIVE_QUEUE_STATE.QueueId, "QueueId"),
          at(\NDIS_RECEIVE_QUEUE_STATE.QueueState, "QueueState", .choice(queueStates)),
        ])
    ),
    (
      .receiveFilterParameters,
      Contents(
        [
          at(\NDIS_RECEIVE_FILTER_PARAMETERS.Flags, "Flags"),
          at(\NDIS_RECEIVE_FILTER_PARAMETERS.FilterType, "FilterType", .choice(filterTypes)),
          at(\NDIS_RECEIVE_FILTER_PARAMETERS.QueueId, "QueueId"),
          at(\NDIS_RECEIVE_FILTER_PARAMETERS.FilterId, "FilterId"),
          at(
            \NDIS_RECEIVE_FILTER_PARAMETERS.RequestedFilterIdBitCount, "RequestedFilterIdBitCount"),
          at(\NDIS_RECEIVE_FILTER_PARAMETERS.MaxCoalescingDelay, "MaxCoalescingDelay"),
          at(\NDIS_RECEIVE_FILTER_PARAMETERS.VPortId, "VPortId"),
        ],
        array(
          of: .receiveFilterField, \NDIS_RECEIVE_FILTER_PARAMETERS.FieldParametersArrayOffset,
          \NDIS_RECEIVE_FILTER_PARAMETERS.FieldParametersArrayNumElements,
          \NDIS_RECEIVE_FILTER_PARAMETERS.FieldParametersArrayElementSize))
    ),
    (
      .receiveFilterField,
      Contents(
        [
          at(\NDIS_RECEIVE_FILTER_FIELD_PARAMETERS.Flags, "Flags", .flags(fieldFlags)),
          at(
            \NDIS_RECEIVE_FILTER_FIELD_PARAMETERS.FrameHeader, "FrameHeader", .choice(frameHeaders)),
          at(
            \NDIS_RECEIVE_FILTER_FIELD_PARAMETERS.ReceiveFilterTest, "ReceiveFilterTest",
            .choice(filterTests)),
          at(\NDIS_RECEIVE_FILTER_FIELD_PARAMETERS.HeaderField, "HeaderField"),
          at(\NDIS_RECEIVE_FILTER_FIELD_PARAMETERS.FieldValue, "FieldValue", .bytes(16)),
          at(\NDIS_RECEIVE_FILTER_FIELD_PARAMETERS.ResultValue, "ResultValue", .bytes(16)),
        ])
    ),
    (
      .receiveFilterClear,
      Contents(
        [
          at(\NDIS_RECEIVE_FILTER_CLEAR_PARAMETERS.Flags, "Flags"),
          at(\NDIS_RECEIVE_FILTER_CLEAR_PARAMETERS.QueueId, "QueueId"),
          at(\NDIS_RECEIVE_FILTER_CLEAR_PARAMETERS.FilterId, "FilterId"),
        ])
    ),
    (
      .receiveFilterMove,
      Contents(
        [
          at(\NDIS_RECEIVE_FILTER_MOVE_FILTER_PARAMETERS.FilterId, "FilterId"),
          at(\NDIS_RECEIVE_FILTER_MOVE_FILTER_PARAMETERS.SourceQueueId, "SourceQueueId"),
          at(\NDIS_RECEIVE_FILTER_MOVE_FILTER_PARAMETERS.SourceVPortId, "SourceVPortId"),
          at(\NDIS_RECEIVE_FILTER_MOVE_FILTER_PARAMETERS.DestQueueId, "DestQueueId"),
          at(\NDIS_RECEIVE_FILTER_MOVE_FILTER_PARAMETERS.DestVPortId, "DestVPortId"),
        ])
    ),
    (
      .receiveFilterInfo,
      Contents(
        [
          at(\NDIS_RECEIVE_FILTER_INFO.Flags, "Flags"),
          at(\NDIS_RECEIVE_FILTER_INFO.FilterType, "FilterType", .choice(filterTypes)),
          at(\NDIS_RECEIVE_FILTER_INFO.FilterId, "FilterId"),
        ])
    ),
    (
      .receiveFilterInfoArray,
      Contents(
        [
          at(\NDIS_RECEIVE_FILTER_INFO_ARRAY.QueueId, "QueueId"),
          at(\NDIS_RECEIVE_FILTER_INFO_ARRAY.Flags, "Flags", .flags(filterArrayFlags)),
          at(\NDIS_RECEIVE_FILTER_INFO_ARRAY.VPortId, "VPortId"),
        ],
        array(
          of: .receiveFilterInfo, \NDIS_RECEIVE_FILTER_INFO_ARRAY.FirstElementOffset,
          \NDIS_RECEIVE_FILTER_INFO_ARRAY.NumElements,
          \NDIS_RECEIVE_FILTER_INFO_ARRAY.ElementSize))
    ),
    (
      .receiveFilterCapabilities,
      Contents(
        [
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.Flags, "Flags"),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.EnabledFilterTypes, "EnabledFilterTypes"),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.EnabledQueueTypes, "EnabledQueueTypes"),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.NumQueues, "NumQueues"),
          at(
            \NDIS_RECEIVE_FILTER_CAPABILITIES.SupportedQueueProperties, "SupportedQueueProperties"),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.SupportedFilterTests, "SupportedFilterTests"),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.SupportedHeaders, "SupportedHeaders"),
          at(
            \NDIS_RECEIVE_FILTER_CAPABILITIES.SupportedMacHeaderFields, "SupportedMacHeaderFields"),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.MaxMacHeaderFilters, "MaxMacHeaderFilters"),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.MaxQueueGroups, "MaxQueueGroups"),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.MaxQueuesPerQueueGroup, "MaxQueuesPerQueueGroup"),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.MinLookaheadSplitSize, "MinLookaheadSplitSize"),
          at(\NDIS_RECEIVE_FILTER_CAPABILITIES.MaxLookaheadSplitSize, "MaxLookaheadSplitSize"),
          at(
            \NDIS_RECEIVE_FILTER_CAPABILITIES.SupportedARPHeaderFields, "SupportedARPHeaderFields"),
          at(
            \NDIS_RECEIVE_FILTER_CAPABILITIES.SupportedIPv4HeaderFields, "SupportedIPv4HeaderFields"
          ),
          at(
            \NDIS_RECEIVE_FILTER_CAPABILITIES.SupportedIPv6HeaderFields, "SupportedIPv6HeaderFields"
          ),
          at(
            \NDIS_RECEIVE_FILTER_CAPABILITIES.SupportedUdpHeaderFields, "SupportedUdpHeaderFields"),
          at(
            \NDIS_RECEIVE_FILTER_CAPABILITIES.MaxFieldTestsPerPacketCoalescingFilter,
            "MaxFieldTestsPerPacketCoalescingFilter"),
          at(
            \NDIS_RECEIVE_FILTER_CAPABILITIES.MaxPacketCoalescingFilters,
            "MaxPacketCoalescingFilters"),
        ])
    ),
    (
      .receiveFilterGlobalParameters,
      Contents(
        [
          at(\NDIS_RECEIVE_FILTER_GLOBAL_PARAMETERS.Flags, "Flags"),
          at(\NDIS_RECEIVE_FILTER_GLOBAL_PARAMETERS.EnabledFilterTypes, "EnabledFilterTypes"),
          at(\NDIS_RECEIVE_FILTER_GLOBAL_PARAMETERS.EnabledQueueTypes, "EnabledQueueTypes"),
        ])
    ),
    (
      .nicSwitchCapabilities,
      Contents(
        [
          at(\NDIS_NIC_SWITCH_CAPABILITIES.Flags, "Flags"),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.NumTotalMacAddresses, "NumTotalMacAddresses"),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.NumMacAddressesPerPort, "NumMacAddressesPerPort"),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.NumVlansPerPort, "NumVlansPerPort"),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.NicSwitchCapabilities, "NicSwitchCapabilities"),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.MaxNumSwitches, "MaxNumSwitches"),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.MaxNumVPorts, "MaxNumVPorts"),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.MaxNumVFs, "MaxNumVFs"),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.MaxNumQueuePairs, "MaxNumQueuePairs"),
          at(
            \NDIS_NIC_SWITCH_CAPABILITIES.MaxNumQueuePairsPerNonDefaultVPort,
            "MaxNumQueuePairsPerNonDefaultVPort"),
          at(\NDIS_NIC_SWITCH_CAPABILITIES.MaxNumMacAddresses, "MaxNumMacAddresses"),
          at(
            \NDIS_NIC_SWITCH_CAPABILITIES.MaxNumRssCapableNonDefaultPFVPorts,
            "MaxNumRssCapableNonDefaultPFVPorts"),
          at(
            \NDIS_NIC_SWITCH_CAPABILITIES.NumberOfIndirectionTableEntriesForDefaultVPort,
            "NumberOfIndirectionTableEntriesForDefaultVPort"),
          at(
            \NDIS_NIC_SWITCH_CAPABILITIES.NumberOfIndirectionTableEntriesPerNonDefaultPFVPort,
            "NumberOfIndirectionTableEntriesPerNonDefaultPFVPort"),
          at(
            \NDIS_NIC_SWITCH_CAPABILITIES.MaxNumQueuePairsForDefaultVPort,
            "MaxNumQueuePairsForDefaultVPort"),
        ])
    ),
    (
      .nicSwitchInfo,
      Contents(
        [
          at(\NDIS_NIC_SWITCH_INFO.Flags, "Flags"),
          at(\NDIS_NIC_SWITCH_INFO.SwitchType, "SwitchType", .choice(switchTypes)),
          at(\NDIS_NIC_SWITCH_INFO.SwitchId, "SwitchId"),
          at(\NDIS_NIC_SWITCH_INFO.SwitchFriendlyName, "SwitchFriendlyName", .text),
          at(\NDIS_NIC_SWITCH_INFO.NumVFs, "NumVFs"),
          at(\NDIS_NIC_SWITCH_INFO.NumAllocatedVFs, "NumAllocatedVFs"),
          at(\NDIS_NIC_SWITCH_INFO.NumVPorts, "NumVPorts"),
          at(\NDIS_NIC_SWITCH_INFO.NumActiveVPorts, "NumActiveVPorts"),
          at(\NDIS_NIC_SWITCH_INFO.NumQueuePairsForDefaultVPort, "NumQueuePairsForDefaultVPort"),
          at(
            \NDIS_NIC_SWITCH_INFO.NumQueuePairsForNonDefaultVPorts,
            "NumQueuePairsForNonDefaultVPorts"),
          at(
            \NDIS_NIC_SWITCH_INFO.NumActiveDefaultVPortMacAddresses,
            "NumActiveDefaultVPortMacAddresses"),
          at(
            \NDIS_NIC_SWITCH_INFO.NumActiveNonDefaultVPortMacAddresses,
            "NumActiveNonDefaultVPortMacAddresses"),
          at(\NDIS_NIC_SWITCH_INFO.NumActiveDefaultVPortVlanIds, "NumActiveDefaultVPortVlanIds"),
          at(
            \NDIS_NIC_SWITCH_INFO.NumActiveNonDefaultVPortVlanIds, "NumActiveNonDefaultVPortVlanIds"
          ),
        ])
    ),
    (
      .nicSwitchInfoArray,
      Contents(
        [

        ],
        array(
          of: .nicSwitchInfo, \NDIS_NIC_SWITCH_INFO_ARRAY.FirstElementOffset,
          \NDIS_NIC_SWITCH_INFO_ARRAY.NumElements,
          \NDIS_NIC_SWITCH_INFO_ARRAY.ElementSize))
    ),
    (
      .vfParameters,
      Contents(
        [
          at(\NDIS_NIC_SWITCH_VF_PARAMETERS.Flags, "Flags"),
          at(\NDIS_NIC_SWITCH_VF_PARAMETERS.SwitchId, "SwitchId"),
          at(\NDIS_NIC_SWITCH_VF_PARAMETERS.VMName, "VMName", .text),
          at(\NDIS_NIC_SWITCH_VF_PARAMETERS.VMFriendlyName, "VMFriendlyName", .text),
          at(\NDIS_NIC_SWITCH_VF_PARAMETERS.NicName, "NicName", .text),
          at(
            \NDIS_NIC_SWITCH_VF_PARAMETERS.MacAddressLength, "MacAddressLength", .number(bytes: 2)),
          at(\NDIS_NIC_SWITCH_VF_PARAMETERS.PermanentMacAddress, "PermanentMacAddress", .bytes(32)),
          at(\NDIS_NIC_SWITCH_VF_PARAMETERS.CurrentMacAddress, "CurrentMacAddress", .bytes(32)),
          at(\NDIS_NIC_SWITCH_VF_PARAMETERS.VFId, "VFId", .number(bytes: 2)),
          at(\NDIS_NIC_SWITCH_VF_PARAMETERS.RequestorId, "RequestorId"),
        ])
    ),
    (
      .vfFree,
      Contents(
        [
          at(\NDIS_NIC_SWITCH_FREE_VF_PARAMETERS.Flags, "Flags"),
          at(\NDIS_NIC_SWITCH_FREE_VF_PARAMETERS.VFId, "VFId", .number(bytes: 2)),
        ])
    ),
    (
      .nicSwitchParameters,
      Contents(
        [
          at(\NDIS_NIC_SWITCH_PARAMETERS.Flags, "Flags", .flags(switchFlags)),
          at(\NDIS_NIC_SWITCH_PARAMETERS.SwitchType, "SwitchType", .choice(switchTypes)),
          at(\NDIS_NIC_SWITCH_PARAMETERS.SwitchId, "SwitchId"),
          at(\NDIS_NIC_SWITCH_PARAMETERS.SwitchFriendlyName, "SwitchFriendlyName", .text),
          at(\NDIS_NIC_SWITCH_PARAMETERS.NumVFs, "NumVFs"),
          at(
            \NDIS_NIC_SWITCH_PARAMETERS.NumQueuePairsForDefaultVPort, "NumQueuePairsForDefaultVPort"
          ),
        ])
    ),
    (
      .nicSwitchDelete,
      Contents(
        [
          at(\NDIS_NIC_SWITCH_DELETE_SWITCH_PARAMETERS.Flags, "Flags"),
          at(\NDIS_NIC_SWITCH_DELETE_SWITCH_PARAMETERS.SwitchId, "SwitchId"),
        ])
    ),
    (
      .vportParameters,
      Contents(
        [
          at(\NDIS_NIC_SWITCH_VPORT_PARAMETERS.Flags, "Flags", .flags(vportFlags)),
          at(\NDIS_NIC_SWITCH_VPORT_PARAMETERS.SwitchId, "SwitchId"),
          at(\NDIS_NIC_SWITCH_VPORT_PARAMETERS.VPortId, "VPortId"),
          at(\NDIS_NIC_SWITCH_VPORT_PARAMETERS.VPortName, "VPortName", .text),
          at(
            \NDIS_NIC_SWITCH_VPORT_PARAMETERS.AttachedFunctionId, "AttachedFunctionId",
            .number(bytes: 2)),
          at(\NDIS_NIC_SWITCH_VPORT_PARAMETERS.NumQueuePairs, "NumQueuePairs"),
          at(
            \NDIS_NIC_SWITCH_VPORT_PARAMETERS.InterruptModeration, "InterruptModeration",
            .choice(moderations)),
          at(\NDIS_NIC_SWITCH_VPORT_PARAMETERS.VPortState, "VPortState", .choice(vportStates)),
          at(\NDIS_NIC_SWITCH_VPORT_PARAMETERS.ProcessorAffinity, "ProcessorAffinity", .affinity),
          at(\NDIS_NIC_SWITCH_VPORT_PARAMETERS.LookaheadSize, "LookaheadSize"),
          at(\NDIS_NIC_SWITCH_VPORT_PARAMETERS.QosSqId, "QosSqId"),
        ])
    ),
    (
      .vportDelete,
      Contents(
        [
          at(\NDIS_NIC_SWITCH_DELETE_VPORT_PARAMETERS.Flags, "Flags"),
          at(\NDIS_NIC_SWITCH_DELETE_VPORT_PARAMETERS.VPortId, "VPortId"),
        ])
    ),
    (
      .vportInfo,
      Contents(
        [
          at(\NDIS_NIC_SWITCH_VPORT_INFO.VPortId, "VPortId"),
          at(\NDIS_NIC_SWITCH_VPORT_INFO.Flags, "Flags", .flags(vportInfoFlags)),
          at(\NDIS_NIC_SWITCH_VPORT_INFO.SwitchId, "SwitchId"),
          at(\NDIS_NIC_SWITCH_VPORT_INFO.VPortName, "VPortName", .text),
          at(
            \NDIS_NIC_SWITCH_VPORT_INFO.AttachedFunctionId, "AttachedFunctionId", .number(bytes: 2)),
          at(\NDIS_NIC_SWITCH_VPORT_INFO.NumQueuePairs, "NumQueuePairs"),
          at(
            \NDIS_NIC_SWITCH_VPORT_INFO.InterruptModeration, "InterruptModeration",
            .choice(moderations)),
          at(\NDIS_NIC_SWITCH_VPORT_INFO.VPortState, "VPortState", .choice(vportStates)),
          at(\NDIS_NIC_SWITCH_VPORT_INFO.ProcessorAffinity, "ProcessorAffinity", .affinity),
          at(\NDIS_NIC_SWITCH_VPORT_INFO.LookaheadSize, "LookaheadSize"),
          at(\NDIS_NIC_SWITCH_VPORT_INFO.NumFilters, "NumFilters"),
        ])
    ),
    (
      .vportInfoArray,
      Contents(
        [
          at(\NDIS_NIC_SWITCH_VPORT_INFO_ARRAY.Flags, "Flags", .flags(vportArrayFlags)),
          at(\NDIS_NIC_SWITCH_VPORT_INFO_ARRAY.SwitchId, "SwitchId"),
          at(
            \NDIS_NIC_SWITCH_VPORT_INFO_ARRAY.AttachedFunctionId, "AttachedFunctionId",
            .number(bytes: 2)),
        ],
        array(
          of: .vportInfo, \NDIS_NIC_SWITCH_VPORT_INFO_ARRAY.FirstElementOffset,
          \NDIS_NIC_SWITCH_VPORT_INFO_ARRAY.NumElements,
          \NDIS_NIC_SWITCH_VPORT_INFO_ARRAY.ElementSize))
    ),
  ]
}
