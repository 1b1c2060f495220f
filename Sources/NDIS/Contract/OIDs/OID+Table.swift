// The rows of the OID table.

import CNDIS

/// Statuses NDIS returns, which several rows share.
private enum Ends {
  static let checked: [Status] = [
    .success, .pending, .notSupported, .invalidParameter, .invalidLength, .failure,
  ]
  /// For the VPort OIDs and MOVE_FILTER, whose pages list no PENDING.
  static let checkedNow: [Status] = [
    .success, .notSupported, .invalidParameter, .invalidLength, .failure,
  ]
  /// oid-nic-switch-free-vf, oid-nic-switch-delete-switch.
  static let freeingSwitch: [Status] = [.success, .notSupported, .fileNotFound, .invalidLength]
  static let cached: [Status] = [.success, .pending, .invalidLength, .invalidParameter, .failure]
  static let listed: [Status] = [.success, .pending, .invalidLength, .failure]
}

extension OID {
  /// All OIDs, by number.
  public static let table: [OID] = rows
    #if MUTANTS
      .mutated("oid") { row in
        var forms = row.forms
        forms[0].mustSucceed.toggle()
        return OID(number: row.number, name: row.name, since: row.since, forms: forms)
      }
    #endif

  private static let rows: [OID] = [
    vmq(
      OID_RECEIVE_FILTER_HARDWARE_CAPABILITIES, "OID_RECEIVE_FILTER_HARDWARE_CAPABILITIES",
      ndis(.query, nil, .receiveFilterCapabilities, Ends.listed)),
    vmq(
      OID_RECEIVE_FILTER_GLOBAL_PARAMETERS, "OID_RECEIVE_FILTER_GLOBAL_PARAMETERS",
      ndis(.query, nil, .receiveFilterGlobalParameters, Ends.listed)),
    vmq(
      OID_RECEIVE_FILTER_ALLOCATE_QUEUE, "OID_RECEIVE_FILTER_ALLOCATE_QUEUE",
      both(.method, .receiveQueueParameters, Ends.checked)),
    vmq(
      OID_RECEIVE_FILTER_FREE_QUEUE, "OID_RECEIVE_FILTER_FREE_QUEUE",
      frees(
        .receiveQueueFreeParameters, [.success, .pending, .invalidParameter, .invalidLength])),
    vmq(
      OID_RECEIVE_FILTER_ENUM_QUEUES, "OID_RECEIVE_FILTER_ENUM_QUEUES",
      ndis(.query, nil, .receiveQueueInfoArray, Ends.listed),
      ndis(.queryStatistics, nil, .receiveQueueInfoArray, Ends.listed)),
    vmq(
      OID_RECEIVE_FILTER_QUEUE_PARAMETERS, "OID_RECEIVE_FILTER_QUEUE_PARAMETERS",
      ndis(.method, .receiveQueueParameters, .receiveQueueParameters, Ends.cached),
      sets(.receiveQueueParameters, Ends.cached)),
    vmq(
      OID_RECEIVE_FILTER_SET_FILTER, "OID_RECEIVE_FILTER_SET_FILTER",
      both(.method, .receiveFilterParameters, Ends.checked)),
    vmq(
      OID_RECEIVE_FILTER_CLEAR_FILTER, "OID_RECEIVE_FILTER_CLEAR_FILTER",
      frees(.receiveFilterClear, [.success, .pending, .fileNotFound, .invalidLength])),
    vmq(
      OID_RECEIVE_FILTER_ENUM_FILTERS, "OID_RECEIVE_FILTER_ENUM_FILTERS",
      ndis(.method, .receiveFilterInfoArray, .receiveFilterInfoArray, Ends.cached)),
    vmq(
      OID_RECEIVE_FILTER_PARAMETERS, "OID_RECEIVE_FILTER_PARAMETERS",
      ndis(.method, .receiveFilterParameters, .receiveFilterParameters, Ends.cached)),
    vmq(
      OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE, "OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE",
      asks(.method, .queueAllocationComplete, Ends.checked)),
    vmq(
      OID_RECEIVE_FILTER_CURRENT_CAPABILITIES, "OID_RECEIVE_FILTER_CURRENT_CAPABILITIES",
      ndis(.query, nil, .receiveFilterCapabilities, Ends.listed)),
    switching(
      OID_NIC_SWITCH_HARDWARE_CAPABILITIES, "OID_NIC_SWITCH_HARDWARE_CAPABILITIES",
      ndis(.query, nil, .nicSwitchCapabilities, Ends.checkedNow)),
    switching(
      OID_NIC_SWITCH_CURRENT_CAPABILITIES, "OID_NIC_SWITCH_CURRENT_CAPABILITIES",
      ndis(.query, nil, .nicSwitchCapabilities, Ends.checkedNow)),
    switching(
      OID_RECEIVE_FILTER_MOVE_FILTER, "OID_RECEIVE_FILTER_MOVE_FILTER",
      sets(.receiveFilterMove, Ends.checkedNow)),
    switching(
      OID_NIC_SWITCH_CREATE_SWITCH, "OID_NIC_SWITCH_CREATE_SWITCH",
      asks(.method, .nicSwitchParameters, Ends.checkedNow)),
    switching(
      OID_NIC_SWITCH_PARAMETERS, "OID_NIC_SWITCH_PARAMETERS",
      ndis(.method, .nicSwitchParameters, .nicSwitchParameters, Ends.checkedNow),
      sets(.nicSwitchParameters, Ends.checkedNow)),
    switching(
      OID_NIC_SWITCH_DELETE_SWITCH, "OID_NIC_SWITCH_DELETE_SWITCH",
      frees(.nicSwitchDelete, Ends.freeingSwitch)),
    switching(
      OID_NIC_SWITCH_ENUM_SWITCHES, "OID_NIC_SWITCH_ENUM_SWITCHES",
      ndis(.query, nil, .nicSwitchInfoArray, Ends.checkedNow)),
    switching(
      OID_NIC_SWITCH_CREATE_VPORT, "OID_NIC_SWITCH_CREATE_VPORT",
      both(.method, .vportParameters, Ends.checkedNow)),
    switching(
      OID_NIC_SWITCH_VPORT_PARAMETERS, "OID_NIC_SWITCH_VPORT_PARAMETERS",
      ndis(.method, .vportParameters, .vportParameters, Ends.checkedNow),
      sets(.vportParameters, Ends.checkedNow)),
    switching(
      OID_NIC_SWITCH_ENUM_VPORTS, "OID_NIC_SWITCH_ENUM_VPORTS",
      ndis(.method, .vportInfoArray, .vportInfoArray, Ends.checkedNow)),
    switching(
      OID_NIC_SWITCH_DELETE_VPORT, "OID_NIC_SWITCH_DELETE_VPORT",
      sets(.vportDelete, Ends.checkedNow)),
    switching(
      OID_NIC_SWITCH_ALLOCATE_VF, "OID_NIC_SWITCH_ALLOCATE_VF",
      asks(.method, .vfParameters, Ends.checkedNow)),
    switching(
      OID_NIC_SWITCH_FREE_VF, "OID_NIC_SWITCH_FREE_VF",
      frees(.vfFree, Ends.freeingSwitch)),
    // The device state is a number without a header.
    OID(
      number: OID_PNP_SET_POWER, name: "OID_PNP_SET_POWER", since: NDISVersion(6, 0),
      forms: [
        Form(
          kind: .set, answeredBy: .miniport, byMiniport: .setPowerOIDRequest, byNDIS: [],
          mustSucceed: false)
      ]),
    OID(
      number: OID_PNP_QUERY_POWER, name: "OID_PNP_QUERY_POWER", since: NDISVersion(6, 0),
      forms: [
        Form(
          kind: .query, answeredBy: .miniport, byMiniport: .only([]), byNDIS: [],
          mustSucceed: true)
      ]),
    // An extension, in the vendors' range; a miniport that generates no frames returns NOT_SUPPORTED.
    vmq(
      OID_NDISSIM_GENERATE, "OID_NDISSIM_GENERATE", sets(.generateParameters, Ends.checkedNow)),
  ]

  private static func vmq(_ number: UInt32, _ name: StaticString, _ forms: Form...) -> OID {
    OID(number: number, name: name, since: .sharedMemoryProviders, forms: forms)
  }

  private static func switching(_ number: UInt32, _ name: StaticString, _ forms: Form...) -> OID {
    OID(number: number, name: name, since: .vports, forms: forms)
  }

  /// NDIS answers from its cache.
  private static func ndis(
    _ kind: OIDRequestKind, _ input: Structure?, _ output: Structure?, _ byNDIS: [Status]
  ) -> Form {
    Form(
      kind: kind, answeredBy: .ndis, input: input, output: output, byMiniport: nil, byNDIS: byNDIS,
      mustSucceed: false)
  }

  /// NDIS assigns an id, the miniport creates the object.
  private static func both(
    _ kind: OIDRequestKind, _ structure: Structure, _ byNDIS: [Status]
  ) -> Form {
    Form(
      kind: kind, answeredBy: .both, input: structure, output: structure,
      byMiniport: .oidRequest, byNDIS: byNDIS, mustSucceed: false)
  }

  /// The miniport returns the structure it was given.
  private static func asks(
    _ kind: OIDRequestKind, _ structure: Structure, _ byNDIS: [Status]
  ) -> Form {
    Form(
      kind: kind, answeredBy: .miniport, input: structure, output: structure,
      byMiniport: .oidRequest, byNDIS: byNDIS, mustSucceed: false)
  }

  /// The miniport changes an object.
  private static func sets(_ structure: Structure, _ byNDIS: [Status]) -> Form {
    Form(
      kind: .set, answeredBy: .miniport, input: structure, byMiniport: .oidRequest,
      byNDIS: byNDIS, mustSucceed: false)
  }

  /// The miniport frees an object.
  private static func frees(_ structure: Structure, _ byNDIS: [Status]) -> Form {
    Form(
      kind: .set, answeredBy: .miniport, input: structure, byMiniport: .freeingOIDRequest,
      byNDIS: byNDIS, mustSucceed: true)
  }
}
