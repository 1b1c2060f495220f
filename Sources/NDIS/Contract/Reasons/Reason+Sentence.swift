// The sentence of each reason: the error, the values involved, and the remedy. Split by ranges of the
// reasons' numbers, so that no function is longer than a screen; a test requests the sentence of every
// reason.

extension Reason {
  /// The sentence of a reason: the error, the values involved, and the remedy. `a` and `b` are the arguments
  /// stored with the failure; their meaning depends on the reason.
  public func sentence(_ a: UInt64 = 0, _ b: UInt64 = 0) -> String {
    switch rawValue {
    case 0...19: messageSentence(a, b)
    case 20...39: objectSentence(a, b)
    case 40...69: structureSentence(a, b)
    case 70...89: contractSentence(a, b)
    case 90...109: shortageSentence(a, b)
    case 110...139: providerSentence(a, b)
    case 140...159: queueSentence(a, b)
    case 160...176: filterSentence(a, b)
    case 177...199: receiveSentence(a, b)
    case 200...239: vportSentence(a, b)
    case 240...249: vportParameterSentence(a, b)
    case 260...279: exceededSentence(a, b)
    case 290...299: inUseSentence(a, b)
    case 300...339: attributesSentence(a, b)
    case 340...349: miniportMemorySentence(a, b)
    case 350...359: heldSentence(a, b)
    case 360...369: receiveSentence(a, b)
    default: hostedSentence(a, b)
    }
  }

  /// Errors in messages.
  private func messageSentence(_ a: UInt64, _ b: UInt64) -> String {
    switch self {
    case .none: "The call succeeded."
    case .malformedMessage:
      "The message's body is \(a) bytes; this message needs \(b)."
    case .unknownMessage: "Message type \(a) is unknown to this daemon."
    case .helloFirst: "Message type \(a) was received before HELLO; send HELLO first."
    case .helloTwice:
      "HELLO was already sent in this session; use RESET to return it to its initial state."
    case .versionMismatch:
      "The client speaks protocol versions \(a) to \(b); this daemon speaks version 1."
    case .reservedNotZero: "A reserved field is \(hex(a)); it must be zero."
    case .requestIDOutOfOrder:
      "Request id \(a) is out of order; the next one of this session is \(b)."
    case .tooManyOutstanding:
      "\(a) requests are outstanding; a session may have \(b). Wait for a reply first."
    case .wrongDescriptorCount:
      "The packet carries \(a) descriptors; this message must carry \(b)."
    case .wrongDescriptor:
      "The descriptor cannot be used as a section: \(WrongDescriptor(rawValue: a)?.sentence ?? "unknown problem")."
    case .badName: "A name must be UTF-8 without control characters, zero-filled, not empty."
    case .unknownContext:
      "Upcall \(a), given as the call context, is not open in this session; use 0 outside handlers."
    case .resultForgotten: "Request \(a) completed too long ago; its result is no longer stored."
    default: "The call failed for reason \(rawValue)."
    }
  }

  /// Handles, states and IRQL.
  private func objectSentence(_ a: UInt64, _ b: UInt64) -> String {
    switch self {
    case .nullHandle: "The handle is NULL."
    case .wrongKindOfHandle:
      "Handle \(hex(a)) is a \(Handle(rawValue: a).kind.map { "\($0)" } ?? "number that is no handle"); this routine does not take it."
    case .staleHandle: "Handle \(hex(a)) refers to an object that no longer exists."
    case .foreignHandle: "Handle \(hex(a)) belongs to another session."
    case .objectEnding: "The object of handle \(hex(a)) is being torn down."
    case .wrongContext: "This routine may be called only from the handler documented for it."
    case .wrongState: "The object of handle \(hex(a)) is in a state that does not allow this call."
    case .wrongIRQL:
      "Called at \(IRQL(rawValue: UInt8(clamping: a)).map { "\($0)" } ?? "IRQL \(a)"); the routine allows at most \(IRQL(rawValue: UInt8(clamping: b)).map { "\($0)" } ?? "IRQL \(b)")."
    case .nameTaken: "The name is already in use; choose another."
    case .nameUnknown: "No live adapter has this name."
    case .circularWait:
      "The call would deadlock: it waits for the handler it is made from (upcall \(a), which waits for upcall \(b))."
    case .callDepth: "The call is nested in \(a) handlers; the limit is \(b)."
    case .alreadyDone: "This was already done for handle \(hex(a))."
    default: "The call failed for reason \(rawValue)."
    }
  }

  /// Members of structures.
  private func structureSentence(_ a: UInt64, _ b: UInt64) -> String {
    switch self {
    case .headerType: "Header.Type is \(hex(a)); it must be \(hex(b))."
    case .headerRevision: "Header.Revision is \(a); the newest known revision is \(b)."
    case .headerSize: "Header.Size is \(a); this revision needs at least \(b)."
    case .headerRevisionForVersion:
      "Header.Revision \(a) needs NDIS 6.\(b) or later; the driver registered an older version."
    case .unknownFlags: "Flags has unknown bits: \(hex(a)); known are \(hex(b))."
    case .usage: "Usage is \(a); valid values are 0 to 9."
    case .length: "Length is \(a); it must be at least 1 and at most \(b)."
    case .queueUnknown:
      "QueueId \(a) is not a receive queue that can own memory in its current state."
    case .queueAndVPort:
      "QueueId \(a) and VPortId \(b) are both nonzero: VMQ uses the first, SR-IOV the second."
    case .vportUnknown:
      "VPortId \(a) is not an activated nondefault VPort of the physical function."
    case .sgListBufferMissing:
      "SGListBufferLength is \(a); a scatter-gather list needs at least \(b) bytes."
    case .sgListBufferTooSmall:
      "SGListBufferLength is \(a); the list of this block needs \(b) bytes."
    case .preferredNode:
      "PreferredNode \(a) does not exist; the highest node is \(b). MM_ANY_NODE_OK accepts any."
    case .missingHandler: "A required handler is NULL: the member at offset \(a) of the structure."
    case .ndisVersion:
      "NDIS version \(a).\(b) is not supported by this call; this simulator runs NDIS \(NDISVersion.running)."
    case .busMaster: "The adapter did not declare NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER."
    default: "The call failed for reason \(rawValue)."
    }
  }

  /// Rules of the contract.
  private func contractSentence(_ a: UInt64, _ b: UInt64) -> String {
    switch self {
    case .dmaNotRegistered:
      "The miniport has called neither NdisMRegisterScatterGatherDma nor NdisMRegisterDmaChannel, which HAL memory requires."
    case .filterMayNotAllocate: "Filter drivers and modules may not allocate shared memory."
    case .filterMayNotProvide: "Filter drivers and modules may not provide shared memory."
    case .noProvider: "No shared-memory provider serves this handle, and the HAL is disabled."
    case .freeWithOtherHandle:
      "The block was allocated with NdisHandle \(hex(a)), not \(hex(b)); use the same handle."
    case .doubleFree: "AllocationHandle \(hex(a)) was freed already."
    case .leak: "\(a) block(s), \(b) byte(s) in total, were not freed by their owner."
    case .dmaStillRegistered:
      "The adapter was halted without NdisMDeregisterScatterGatherDma (handle \(hex(a)))."
    case .bindingLeftOpen:
      "Binding \(hex(a)) was still open when its handler returned; call NdisCloseAdapterEx before that."
    case .bindingNotOpened: "The bind handler succeeded without calling NdisOpenAdapterEx."
    case .handlerStatus:
      "The handler returned status \(hex(a, digits: 8)), which is not documented for it."
    case .freeInShutdown:
      "AllocationHandle \(hex(a)) is freed in or after MiniportShutdownEx (\(ShutdownAction(rawValue: UInt32(truncatingIfNeeded: b)).map { "\($0)" } ?? "action \(b)")), where resources are not to be released."
    case .statusSource: "SourceHandle is \(hex(a)); it should be the adapter's handle, \(hex(b))."
    case .adapterBindings: "The adapter has \(a) bindings and filter modules; the limit is \(b)."
    default: "The call failed for reason \(rawValue)."
    }
  }

  /// Quotas, tables and pools.
  private func shortageSentence(_ a: UInt64, _ b: UInt64) -> String {
    switch self {
    case .quotaBytes: "The request would take \(a) bytes; the quota is \(b)."
    case .quotaBlocks: "\(a) blocks are live; the quota is \(b)."
    case .quotaSections: "\(a) sections exist; the quota is \(b)."
    case .quotaSessions: "\(a) sessions of this user exist; the quota is \(b)."
    case .tableFull:
      "All \(b) \(RecordKind(rawValue: a).map { $0.name } ?? "kind \(a)") records are in use."
    case .poolExhausted: "The pool has \(a) bytes free; \(b) were requested."
    case .fragmented:
      "The largest contiguous free range is \(a) bytes; \(b) were requested. Request less, or do not set NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS."
    case .nodeUnavailable: "Node \(a) is not served; try MM_ANY_NODE_OK."
    case .memoryUnavailable: "The system could not allocate memory (errno \(a))."
    case .quotaObjects:
      "\(a) drivers, adapters and bindings of this user exist; the quota is \(b)."
    default: "The call failed for reason \(rawValue)."
    }
  }

  /// Providers, handlers and sessions.
  private func providerSentence(_ a: UInt64, _ b: UInt64) -> String {
    switch self {
    case .providerRefused:
      "The provider returned \(Status(rawValue: UInt32(truncatingIfNeeded: a)))."
    case .providerDied: "The provider's process ended during the call."
    case .providerDeadline: "The provider did not complete the call within \(a) ms."
    case .providerStuck:
      "The provider has not completed an earlier call (upcall \(a)) and is not called again until it has."
    case .providerStatus:
      "The provider returned status \(hex(a, digits: 8)), which is not documented for its handler."
    case .providerIRQL: "The provider's handler returned at IRQL \(a); it was called at \(b)."
    case .providerSection:
      "The provider returned section \(hex(a)), which is not one of its sections for this domain."
    case .providerExtentCount: "The provider returned \(a) extents; 1 to \(b) are allowed."
    case .providerExtentRange:
      "The provider's extent at offset \(hex(a)) ends outside its section of \(b) bytes."
    case .providerExtentAlignment:
      "The provider's extent at offset \(hex(a)), length \(b) is not page-aligned."
    case .providerOverlap:
      "The provider's extent at offset \(hex(a)), length \(b) overlaps a live block."
    case .providerLength: "The provider's extents sum to \(a) bytes; Length is \(b)."
    case .providerContiguity:
      "The provider returned \(a) extents for a request for contiguous memory."
    case .providerMalformed: "The provider's answer is \(a) bytes long; it must be \(b)."
    case .lateAnswer: "Upcall \(a) was completed after its deadline."
    case .handlerFailed:
      "The driver's handler returned \(Status(rawValue: UInt32(truncatingIfNeeded: a)))."
    case .handlerDeadline: "The driver's handler did not return within \(a) ms."
    case .handlerDied: "The driver's process ended during the call."
    case .sectionInUse: "Section \(hex(a)) still has \(b) live block(s)."
    case .sectionSize:
      "A section of \(a) bytes was offered; whole pages up to \(b) bytes are accepted."
    case .ownerEnded: "The object the call was made for was torn down before the call completed."
    case .unexpectedAnswer: "Upcall \(a) is not open in this session."
    case .daemonStopping:
      "The daemon is stopping; what this session still held is being reclaimed."
    case .outboxFull:
      "The client left \(a) packets unread; the limit is \(b). Read replies and upcalls as they come."
    case .sessionUnknown:
      "No session of this user can be resumed with this token: it has ended or never existed. Send HELLO "
        + "without a token."
    case .sessionNotResumed: "The client did not reconnect within \(a) s of the daemon's restart."
    case .handlingCrashed:
      "The daemon crashed twice in a row while handling this (request \(a) of session \(b)). It is not "
        + "retried; the backtraces are in the journal."
    default: "The call failed for reason \(rawValue)."
    }
  }

  /// OID buffers, queues and filters.
  private func queueSentence(_ a: UInt64, _ b: UInt64) -> String {
    switch self {
    case .informationBuffer: "The information buffer holds \(a) bytes; \(b) are needed."
    case .elementCount: "The array has \(a) elements; at most \(b) are accepted."
    case .elementSize: "ElementSize is \(a); an element needs at least \(b) bytes."
    case .elementOffset:
      "The array's first element is at offset \(a), inside the \(b) bytes of its head."
    case .countedString: "The length of a counted string is \(a); it must be even and at most \(b)."
    case .badCountedString:
      "A counted string of \(a) bytes must be UTF-16 without control characters."
    case .queueType:
      "QueueType is \(a); an allocated queue must be NdisReceiveQueueTypeVMQueue."
    case .queueOperationalState: "QueueState is \(a); valid values are 0 to 3."
    case .processorAffinity: "ProcessorAffinity names no processor of group \(a)."
    case .lookahead:
      "LookaheadSize is \(a); it must be 0 without lookahead split, and from NDIS 6.30."
    case .nothingChanged: "The set request changes nothing; set a CHANGED flag."
    case .defaultQueue: "QueueId 0 is the default queue, which cannot be allocated or freed."
    case .queueTwice: "QueueId \(a) is in the array twice."
    case .queueState: "Queue \(a) is in a state that does not allow this."
    case .queueOwner: "Queue \(a) was allocated by another driver; only that one may change it."
    case .filterType:
      "FilterType is \(a); a filter of a queue or VPort must be NdisReceiveFilterTypeVMQueue."
    case .filterFrameHeader: "FrameHeader is \(a); valid values are 1 to 5."
    case .filterTest: "ReceiveFilterTest is \(a); valid values are 1 to 3."
    case .filterHeaderField: "HeaderField \(a) is not a field of frame header \(b)."
    case .filterEmpty: "The filter tests no field; it needs at least one."
    default: "The call failed for reason \(rawValue)."
    }
  }

  /// Filters, VPorts, switches and OID requests.
  private func filterSentence(_ a: UInt64, _ b: UInt64) -> String {
    switch self {
    case .filterUnknown: "FilterId \(a) does not exist on queue \(b)."
    case .vportState:
      "VPortState is \(a); a VPort of the PF is created Deactivated and activated once, every other one is always Activated."
    case .vportIDGiven: "VPortId is \(a); it must be 0 when a VPort is created, NDIS assigns it."
    case .interruptModeration:
      "InterruptModeration is \(a); valid values are 0, 1, 2, 100, 200 and 300."
    case .switchType: "SwitchType is \(a); it must be NdisNicSwitchTypeExternal."
    case .switchUnknown: "SwitchId is \(a); only the default switch, 0, exists."
    case .oidUnknown: "OID \(hex(a, digits: 8)) is unknown to this daemon."
    case .oidKind: "OID \(hex(a, digits: 8)) is not issued with request type \(b)."
    case .oidVersion:
      "OID \(hex(a, digits: 8)) needs NDIS 6.\(b) or later; the driver registered an older version."
    case .oidMustSucceed:
      "OID \(hex(a, digits: 8)) was failed with \(Status(rawValue: UInt32(truncatingIfNeeded: b))); it must succeed."
    case .oidStatus:
      "OID \(hex(a, digits: 8)) was completed with \(Status(rawValue: UInt32(truncatingIfNeeded: b))), which is not allowed for it."
    case .oidNotPending:
      "OID request \(a) is not pending with this miniport; it was already completed or never sent."
    case .oidPendingAlready:
      "OID request \(a) is still pending; it must be completed before it is issued again."
    case .oidDeadline: "OID \(hex(a, digits: 8)) was not completed within \(b) ms."
    case .oidAborted: "OID request \(a) was cancelled."
    case .oidBytesWritten: "BytesWritten is \(a); the buffer holds \(b)."
    case .adapterRemoved:
      "The adapter of handle \(hex(a)) was removed by surprise; it accepts no OID requests."
    default: "The call failed for reason \(rawValue)."
    }
  }

  /// Indications and teardown of queues.
  private func receiveSentence(_ a: UInt64, _ b: UInt64) -> String {
    switch self {
    case .completionUnexpected:
      "Nothing this call could complete is pending on the object of handle \(hex(a))."
    case .receiveFlags: "ReceiveFlags is \(hex(a)); this queue requires \(hex(b)) to be set."
    case .queuesMixed:
      "The chain holds lists of queue \(a) and of queue \(b); a queue with per-queue indication must be indicated alone."
    case .sharedMemoryChain: "A NET_BUFFER has \(a) shared-memory segments; it needs 1 to \(b)."
    case .sharedMemoryUnknown: "SharedMemoryHandle \(hex(a)) is not a live block of queue \(b)."
    case .sharedMemoryRange:
      "The segment of \(a & 0xFFFF_FFFF) bytes at offset \(a >> 32) is empty or ends outside its block of \(b)."
    case .stillIndicated:
      "AllocationHandle \(hex(a)) is freed while \(b) indicated lists refer to it."
    case .statusBuffer: "StatusBufferSize is \(a); the indication carries \(b) bytes."
    case .statusAfterHalt:
      "Adapter \(hex(a)) indicates status \(hex(b, digits: 8)) after it was halted."
    case .adapterChange: "Invalid adapter change \(a) (argument \(b))."
    case .informationTooLong:
      "The information buffer is \(a) bytes long; at most \(b) are accepted."
    case .netBufferListCount: "\(a) NET_BUFFER_LISTs were given; 1 to \(b) are accepted."
    case .netBufferCount:
      "A NET_BUFFER_LIST holds \(a) NET_BUFFERs or segments; 1 to \(b) are accepted."
    case .netBuffersOfList:
      "A NET_BUFFER_LIST has \(a) NET_BUFFERs; an Ethernet miniport indicates exactly one in each list."
    case .sharedMemoryInfo:
      "Queue \(a) is a VM queue: indications on it need NDIS_RECEIVE_FLAGS_SHARED_MEMORY_INFO_VALID and the memory of each NET_BUFFER; ReceiveFlags is \(hex(b))."
    case .tooManyIndicated:
      "\(a) lists are indicated and not returned; an adapter may have \(b). Wait for returns."
    case .notIndicated:
      "Handle \(hex(a)) is not a list indicated to this binding; it was already returned or never indicated."
    case .queuesLeft:
      "Binding \(hex(a)) was closed with \(b) receive queue(s), filter(s), VPort(s) or VF(s) not freed."
    case .queueMemoryLeft:
      "Queue \(a) was freed while \(b) block(s) of its memory are still allocated."
    case .dmaStoppedMissing:
      "Queue \(a) was freed without NDIS_STATUS_RECEIVE_QUEUE_STATE (DmaStopped)."
    case .unexpectedDmaStopped:
      "DmaStopped was indicated for queue \(a), which is not being freed or has already indicated it."
    case .filterOwner: "Filter \(a) was set by another driver; only that one may clear it."
    case .filtersLeft: "\(a) filter(s) are still set on it; clear or move them first."
    case .noQueues: "All \(a) receive queues of the adapter are allocated."
    case .noSwitch: "The adapter has no NIC switch, or all of its VPorts are in use (\(a) of \(b))."
    default: "The call failed for reason \(rawValue)."
    }
  }

  /// VPorts, virtual functions and capabilities.
  private func vportSentence(_ a: UInt64, _ b: UInt64) -> String {
    switch self {
    case .vportOwner: "VPort \(a) was created by another driver; only that one may change it."
    case .functionUnknown: "AttachedFunctionId \(a) is neither the PF nor an allocated VF."
    case .indicationsLeft: "\(a) indicated list(s) are outstanding; wait for their return."
    case .tooManyParts:
      "The lists consist of \(a) contiguous parts; one call accepts \(b). Indicate fewer at a time, or allocate with NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS."
    case .irqlFlag:
      "The flags include \(hex(a)), which means DISPATCH_LEVEL; the call is made at IRQL \(b)."
    case .lookaheadSplit:
      "Segment \(a) violates the lookahead split of \(b) bytes: lookahead memory that holds them comes first, post-lookahead memory second."
    case .dataLength: "The frame is \(a) bytes long; its segments hold \(b)."
    case .tooManyReceivers:
      "\(a) bindings would receive the lists; an indication goes to at most \(b)."
    case .capabilityMSIX:
      "SupportedQueueProperties is \(hex(a)); an adapter with VMQ or SR-IOV must set NDIS_RECEIVE_FILTER_MSI_X_SUPPORTED."
    case .capabilityLookahead:
      "SupportedQueueProperties is \(hex(a)) with lookahead sizes up to \(b); from NDIS 6.30 on NDIS_RECEIVE_FILTER_LOOKAHEAD_SPLIT_SUPPORTED must not be set."
    case .lookaheadSizes: "MinLookaheadSplitSize \(a) is greater than MaxLookaheadSplitSize \(b)."
    case .capabilityMissing:
      "The miniport did not enable what OID \(hex(a, digits: 8)) needs in its hardware-assist attributes."
    case .filterLimit: "\(a) receive filters are set; the adapter supports \(b)."
    case .switchInUse:
      "The NIC switch still has \(a) nondefault VPort(s) and \(b) VF(s); delete and free them first."
    case .functionInUse: "Function \(a) has VPort \(b) attached."
    case .functionGiven:
      "VFId is \(a) and RequestorId \(hex(b)) in a request; both must be invalid, the miniport assigns them."
    case .vportMemoryLeft:
      "VPort \(a) was deleted while \(b) block(s) of its memory are still allocated."
    case .macAddressLength: "MacAddressLength is \(a); at most \(b) bytes are accepted."
    case .functionOwner: "VF \(a) was allocated by another driver; only that one may free it."
    case .functionAnswered:
      "The miniport returned VFId \(a), which is already allocated or not below \(b)."
    case .indicatedEarly:
      "The miniport indicated into queue \(a) while SET_FILTER was pending and then failed the request."
    case .functionCount: "NumVFs is \(a); the adapter has \(b)."
    case .noFunctions: "All \(a) VFs of the NIC switch are allocated."
    default: "The call failed for reason \(rawValue)."
    }
  }

  /// Hosted miniports.
  private func hostedSentence(_ a: UInt64, _ b: UInt64) -> String {
    switch self {
    case .frameLength:
      "Frames of \(a) bytes cannot be generated; the miniport is configured for 64 to \(b)."
    case .miniportUnknown: "No hosted miniport has this name."
    default: "The call failed for reason \(rawValue)."
    }
  }
}

/// Errors in a descriptor offered as a section; the number stored with `.wrongDescriptor`.
public enum WrongDescriptor: UInt64, Sendable, CaseIterable {
  case notMemory = 1
  case notSealed = 2
  case readOnly = 3
  case wrongSize = 4
  case offeredAlready = 5

  var sentence: String {
    switch self {
    case .notMemory: "it is not a memfd"
    case .notSealed: "it lacks the seals F_SEAL_GROW, F_SEAL_SHRINK and F_SEAL_SEAL"
    case .readOnly: "it is sealed against writing"
    case .wrongSize: "its size differs from the size in the message"
    case .offeredAlready: "it is already the memory of another section"
    }
  }
}
