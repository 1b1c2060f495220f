// Validates upcalls. An open upcall is referenced by its subject, and by nothing else; an expired one has no
// subject.

import NDIS
import NDISStore

extension StoreCheck {
  mutating func checkUpcalls() throws(StoreError) {
    var blocks: [Index<BlockRecord>] = []
    for index in store.upcalls.touched {
      let upcall = store.upcalls[index]
      let at = CheckedRecord("upcalls", index)
      guard upcall.state != .free else {
        try at.hold(upcall.id == 0, "it is free and has an id")
        continue
      }
      guard let state = upcall.$state.validated else {
        throw at.damaged("its state has no case")
      }
      try at.hold(
        upcall.id & 0xFFFFF == UInt64(index) && upcall.id >> 20 > 0
          && upcall.id >> 20 <= store.globals[0, \.upcallSerial], "its id is none")
      try at.hold(upcall.delivered <= 1, "whether it was delivered is not known")
      try at.hold(
        upcall.excused == 0 || upcall.excused == 1 && state == .expired,
        "it is excused and its deadline has not passed")
      try at.hold(
        state != .pended || Simulator.mayPend(upcall.type), "it is pending and cannot be")
      if !upcall.session.isNone {
        try at.hold(isSession(upcall.session), "its session is not there")
        inUse.upcalls &+= 1
      }
      try at.hold(
        state != .expired
          || (upcall.request.isNone && upcall.block.isNone && upcall.subject.isNone),
        "its deadline has passed and it is waited for")
      try wait(for: upcall.request, at)
      switch upcall.$type.validated {
      case .allocateSharedMemory, .freeSharedMemory:
        try checkProviderCall(upcall, state, at)
        if let block = upcall.block.optional { blocks.append(block) }
      default:
        try at.hold(
          upcall.registration.isNone && upcall.block.isNone && upcall.section.isNone
            && !upcall.session.isNone, "it is no provider's")
        try checkDriverCall(upcall, state, at)
      }
    }
    blocks.sort()
    for (one, other) in zip(blocks, blocks.dropFirst()) {
      try CheckedRecord("blocks", one).hold(one != other, "its provider is called twice")
    }
    guard UInt64(blocks.count) == blocksInCalls else {
      throw .damaged(
        "\(blocksInCalls) blocks wait for their providers, \(blocks.count) calls are open")
    }
  }

  /// An upcall to a provider, in a process or hosted.
  private mutating func checkProviderCall(
    _ upcall: UpcallRecord, _ state: UpcallState, _ at: CheckedRecord
  ) throws(StoreError) {
    let isAllocation = upcall.type == .allocateSharedMemory
    try at.hold(
      isRegistration(upcall.registration)
        && store.registrations[upcall.registration.index, \.ownerSession] == upcall.session,
      "its registration is not there, or another session's")
    let registration = Int(upcall.registration.index)
    try at.hold(
      !upcall.session.isNone
        || store.registrations[upcall.registration.index, \.hosted] != UInt32.max,
      "its provider's process has ended")
    try at.hold(upcall.subject.isNone, "it is about something else")
    try at.hold(
      isAllocation ? isOwner(upcall.object) : upcall.object == .null, "it is about another object")
    try at.hold(
      upcall.section.isNone || store.sections.contains(upcall.section.index),
      "its section is not there")
    switch state {
    case .expired: registrations[registration].expired &+= 1
    case .open where isAllocation: registrations[registration].allocations &+= 1
    default: registrations[registration].frees &+= 1
    }
    if isAllocation, state == .open, let block = upcall.block.optional,
      store.blocks.contains(block),
      store.blocks[block, \.flags] & BlockRecord.asynchronous != 0
    {
      try at.hold(upcall.object.kind == .adapter, "it allocates for another object")
      if isLive(upcall.object) { allocating[Int(upcall.object.index)] &+= 1 }
    }
    guard let block = upcall.block.optional else {
      return try at.hold(!isAllocation || state == .expired, "its block is not there")
    }
    guard store.blocks.contains(block) else { throw at.damaged("its block is not there") }
    let found = store.blocks[block, \.$state.validated]
    try at.hold(
      store.blocks[block, \.registration] == upcall.registration
        && (isAllocation ? found == .pending || found == .abandoned : found == .freeing),
      "its block is not there, or does not wait")
    try at.hold(
      isAllocation || upcall.section == store.blocks[block, \.section], "its section is another's")
  }

  /// An upcall to a driver's own handler: about an object, and for some types about a record that refers to
  /// it.
  private mutating func checkDriverCall(
    _ upcall: UpcallRecord, _ state: UpcallState, _ at: CheckedRecord
  ) throws(StoreError) {
    guard let type = upcall.$type.validated else { throw at.damaged("its type is none") }
    let object = upcall.object
    let isOpen = state == .open
    switch type {
    case .setOptions:
      try at.hold(isOwner(object) && isDriverHandle(object), "it is of no driver")
      if isOpen, isLive(object) { setOptions[Int(object.index)] &+= 1 }
    case .initializeEx, .haltEx, .pause, .restart, .shutdownEx, .oidRequest, .cancelOIDRequest,
      .returnNetBufferLists, .devicePnPEventNotify, .sharedMemoryAllocateComplete:
      try at.hold(isOwner(object) && object.kind == .adapter, "it is of no adapter")
    case .bindAdapterEx, .unbindAdapterEx, .oidRequestComplete, .statusEx, .receiveNetBufferLists,
      .netPnPEvent:
      try at.hold(isOwner(object) && object.kind == .binding, "it is of no binding")
    case .allocateSharedMemory, .freeSharedMemory: throw at.damaged("its type is none")
    }
    try at.hold(
      type == .setOptions || upcall.request.isNone, "it answers no request")
    guard state != .expired else { return }
    switch type {
    case .oidRequest:
      try at.hold(
        store.oids.contains(upcall.oid) && store.oids[upcall.oid.index, \.upcall] == upcall.id,
        "its OID request does not know it")
    case .cancelOIDRequest:
      try at.hold(
        store.oids.contains(upcall.oid)
          && store.oids[upcall.oid.index, \.cancellation] == upcall.id,
        "its OID request does not know it")
    case .oidRequestComplete:
      try at.hold(
        store.oids.contains(upcall.oid) && store.oids[upcall.oid.index, \.completion] == upcall.id,
        "its OID request does not know it")
      if isLive(object) { completions[Int(object.index)] &+= 1 }
    case .statusEx:
      try at.hold(
        store.statuses.contains(upcall.status)
          && store.statuses[upcall.status.index, \.$state.validated] == .open,
        "its status is not there")
      statusCalls[Int(upcall.status.index)] &+= 1
    case .receiveNetBufferLists:
      try at.hold(
        store.indications.contains(upcall.indication)
          && store.indications[upcall.indication.index, \.$state.validated] == .open,
        "its indication is not there")
      receiveCalls[Int(upcall.indication.index)] &+= 1
    case .sharedMemoryAllocateComplete:
      try at.hold(
        upcall.completed.isNone || store.blocks.contains(upcall.completed),
        "its block is not there")
      if isLive(object) { allocating[Int(object.index)] &+= 1 }
    case .returnNetBufferLists:
      let count = try follow(returned: upcall.returned, at)
      try at.hold(count == upcall.argument && count > 0, "it returns other lists than it counts")
      if isLive(object) { returning[Int(object.index)] &+= count }
    default: try at.hold(upcall.subject.isNone, "it is about something else")
    }
  }

  private func isDriverHandle(_ handle: Handle) -> Bool {
    switch handle.kind {
    case .miniportDriver, .protocolDriver, .filterDriver: true
    default: false
    }
  }
}
