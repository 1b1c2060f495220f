// Why a call was refused or an answer not believed. Each reason has a number that never changes, a rule
// name for people and tests, and a sentence with two numbers in it; a failure in the store is therefore
// three integers, and the sentence is made when it leaves the house. One table: `Reason.table`.

/// Why a call failed.
public enum Reason: UInt16, Sendable, CaseIterable, BitwiseCopyable {
  case none = 0
  // The message (1...)
  case malformedMessage = 1
  case unknownMessage = 2
  case helloFirst = 3
  case helloTwice = 4
  case versionMismatch = 5
  case reservedNotZero = 6
  case requestIDOutOfOrder = 7
  case tooManyOutstanding = 8
  case wrongDescriptorCount = 9
  case wrongDescriptor = 10
  case badName = 11
  case unknownContext = 12
  case resultForgotten = 13
  // Handles and state (20...)
  case nullHandle = 20
  case wrongKindOfHandle = 21
  case staleHandle = 22
  case foreignHandle = 23
  case objectEnding = 24
  case wrongContext = 25
  case wrongState = 26
  case wrongIRQL = 27
  case nameTaken = 28
  case nameUnknown = 29
  case circularWait = 30
  case callDepth = 31
  case alreadyDone = 32
  // Structures (40...)
  case headerType = 40
  case headerRevision = 41
  case headerSize = 42
  case headerRevisionForVersion = 43
  case unknownFlags = 44
  case usage = 45
  case length = 46
  case queueUnknown = 47
  case queueAndVPort = 48
  case vportUnknown = 49
  case sgListBufferMissing = 51
  case sgListBufferTooSmall = 52
  case preferredNode = 53
  case missingHandler = 54
  case ndisVersion = 55
  case busMaster = 56
  // Contract (70...)
  case dmaNotRegistered = 70
  case filterMayNotAllocate = 71
  case filterMayNotProvide = 72
  case noProvider = 73
  case freeWithOtherHandle = 74
  case doubleFree = 75
  case leak = 76
  case dmaStillRegistered = 77
  case bindingLeftOpen = 78
  case bindingNotOpened = 79
  // 80 was used until handlers could pend.
  case handlerStatus = 81
  case freeInShutdown = 82
  case statusSource = 83
  case adapterBindings = 84
  // Shortage (90...)
  case quotaBytes = 90
  case quotaBlocks = 91
  case quotaSections = 92
  case quotaSessions = 93
  case tableFull = 94
  case poolExhausted = 95
  case fragmented = 96
  case nodeUnavailable = 97
  case memoryUnavailable = 98
  case quotaObjects = 99
  // Providers (110...)
  case providerRefused = 110
  case providerDied = 111
  case providerDeadline = 112
  case providerStuck = 113
  case providerStatus = 114
  case providerIRQL = 115
  case providerSection = 116
  case providerExtentCount = 117
  case providerExtentRange = 118
  case providerExtentAlignment = 119
  case providerOverlap = 120
  case providerLength = 121
  case providerContiguity = 122
  case providerMalformed = 123
  case lateAnswer = 124
  case handlerFailed = 125
  case handlerDeadline = 126
  case handlerDied = 127
  case sectionInUse = 128
  case sectionSize = 129
  case ownerEnded = 130
  case unexpectedAnswer = 131
  case daemonStopping = 132
  case outboxFull = 133
  case sessionUnknown = 134
  case sessionNotResumed = 135
  case handlingCrashed = 136
  // OIDs, queues, filters, VPorts, indications (140...)
  case informationBuffer = 140
  case elementCount = 141
  case elementSize = 142
  case elementOffset = 143
  case countedString = 144
  case badCountedString = 145
  case queueType = 146
  case queueOperationalState = 147
  case processorAffinity = 148
  case lookahead = 149
  case nothingChanged = 150
  case defaultQueue = 151
  case queueTwice = 152
  case queueState = 153
  case queueOwner = 154
  case filterType = 155
  case filterFrameHeader = 156
  case filterTest = 157
  case filterHeaderField = 158
  case filterEmpty = 159
  case filterUnknown = 160
  case vportState = 161
  case vportIDGiven = 162
  case interruptModeration = 163
  case switchType = 164
  case switchUnknown = 165
  case oidUnknown = 166
  case oidKind = 167
  case oidVersion = 168
  case oidMustSucceed = 169
  case oidStatus = 170
  case oidNotPending = 171
  case oidPendingAlready = 172
  case oidDeadline = 173
  case oidAborted = 174
  case oidBytesWritten = 175
  case adapterRemoved = 176
  case completionUnexpected = 177
  case receiveFlags = 178
  case queuesMixed = 179
  case sharedMemoryChain = 180
  case sharedMemoryUnknown = 181
  case sharedMemoryRange = 182
  case stillIndicated = 183
  case statusBuffer = 184
  case statusAfterHalt = 185
  case adapterChange = 186
  case informationTooLong = 187
  case netBufferListCount = 188
  case netBufferCount = 189
  case tooManyIndicated = 190
  case notIndicated = 191
  case queuesLeft = 192
  case queueMemoryLeft = 193
  case dmaStoppedMissing = 194
  case dmaStoppedUnasked = 195
  case filterOwner = 196
  case filtersLeft = 197
  case noQueues = 198
  case noSwitch = 199
  case vportOwner = 200
  case functionUnknown = 201
  case indicationsLeft = 202
  case tooManyParts = 210
  case irqlFlag = 211
  case lookaheadSplit = 212
  case dataLength = 213
  case tooManyReceivers = 214
  case capabilityMSIX = 220
  case capabilityLookahead = 221
  case lookaheadSizes = 222
  case capabilityMissing = 223
  case filterLimit = 224
  case switchInUse = 225
  case functionInUse = 226
  case functionGiven = 227
  case vportMemoryLeft = 228
  case macAddressLength = 229
  case functionOwner = 230
  case functionAnswered = 231
  case indicatedEarly = 232
  case functionCount = 233
  case noFunctions = 234
  // Hosted miniports (250...)
  case frameLength = 250
  case miniportUnknown = 251

  /// The name of the rule, stable: the case as it is written.
  public var rule: String { "\(self)" }

  /// One sentence: what was wrong, with which values, and what to do. `a` and `b` are the numbers kept
  /// with the failure; their meaning is this reason's own.
  public func sentence(_ a: UInt64 = 0, _ b: UInt64 = 0) -> String {
    switch self {
    case .none: "The call succeeded."
    case .malformedMessage:
      "The message's body is \(a) bytes; this message needs \(b)."
    case .unknownMessage: "Message type \(a) is unknown to this daemon."
    case .helloFirst: "Message type \(a) came before HELLO; say HELLO first."
    case .helloTwice: "HELLO was said already; RESET returns a session to its beginning."
    case .versionMismatch:
      "The client speaks protocol versions \(a) to \(b); this daemon speaks version 1."
    case .reservedNotZero: "A reserved field is \(hex(a)); it must be zero."
    case .requestIDOutOfOrder:
      "Request id \(a) is out of order; the next one of this session is \(b)."
    case .tooManyOutstanding:
      "\(a) requests are unanswered; a session may have \(b). Wait for an answer first."
    case .wrongDescriptorCount:
      "The packet carries \(a) descriptors; this message must carry \(b)."
    case .wrongDescriptor:
      "The descriptor cannot serve as a section: \(WrongDescriptor(rawValue: a)?.sentence ?? "unknown problem")."
    case .badName: "A name must be UTF-8 without control characters, zero-filled, not empty."
    case .unknownContext:
      "Upcall \(a) named as the call's context is not open in this session; use 0 outside handlers."
    case .resultForgotten: "Request \(a) was answered too long ago; its result is no longer kept."
    case .nullHandle: "The handle is NULL."
    case .wrongKindOfHandle:
      "Handle \(hex(a)) is a \(Handle(rawValue: a).kind.map { "\($0)" } ?? "number that is no handle"); this routine does not take it."
    case .staleHandle: "Handle \(hex(a)) names an object that is gone."
    case .foreignHandle: "Handle \(hex(a)) belongs to another session."
    case .objectEnding: "The object of handle \(hex(a)) is being ended."
    case .wrongContext: "This routine may be called only in the handler the documents name for it."
    case .wrongState: "The object of handle \(hex(a)) is in a state that does not allow this call."
    case .wrongIRQL:
      "Called at \(IRQL(rawValue: UInt8(clamping: a)).map { "\($0)" } ?? "IRQL \(a)"); the routine allows at most \(IRQL(rawValue: UInt8(clamping: b)).map { "\($0)" } ?? "IRQL \(b)")."
    case .nameTaken: "The name is taken by a live object; choose another."
    case .nameUnknown: "No live adapter has this name."
    case .circularWait:
      "The call would wait for the handler it is made in (upcall \(a), which is waiting for upcall \(b)): a circle."
    case .callDepth: "The call is nested in \(a) handlers; the limit is \(b)."
    case .alreadyDone: "This was done already for handle \(hex(a))."
    case .headerType: "Header.Type is \(hex(a)); it must be \(hex(b))."
    case .headerRevision: "Header.Revision is \(a); the newest known revision is \(b)."
    case .headerSize: "Header.Size is \(a); this revision needs at least \(b)."
    case .headerRevisionForVersion:
      "Header.Revision \(a) needs NDIS 6.\(b) or later; the driver registered an older version."
    case .unknownFlags: "Flags has unknown bits: \(hex(a)); known are \(hex(b))."
    case .usage: "Usage is \(a); legal values are 0 to 9."
    case .length: "Length is \(a); it must be at least 1 and at most \(b)."
    case .queueUnknown: "QueueId \(a) names no receive queue that may have memory now."
    case .queueAndVPort:
      "QueueId \(a) and VPortId \(b) are both nonzero: VMQ uses the first, SR-IOV the second."
    case .vportUnknown: "VPortId \(a) is no activated nondefault VPort of the physical function."
    case .sgListBufferMissing:
      "SGListBufferLength is \(a); a scatter-gather list needs at least \(b) bytes."
    case .sgListBufferTooSmall:
      "SGListBufferLength is \(a); the list of this block needs \(b) bytes."
    case .preferredNode: "PreferredNode \(a) is no node; nodes go up to \(b), or MM_ANY_NODE_OK."
    case .missingHandler: "The handler at offset \(a) of the structure is zero; it is required."
    case .ndisVersion:
      "NDIS \(a).\(b) is not a version this call allows; this simulator runs NDIS \(NDISVersion.running)."
    case .busMaster: "The adapter did not declare NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER."
    case .dmaNotRegistered:
      "The miniport has not called NdisMRegisterScatterGatherDma, which HAL memory requires."
    case .filterMayNotAllocate: "Filter drivers and modules may not allocate shared memory."
    case .filterMayNotProvide: "Filter drivers and modules may not provide shared memory."
    case .noProvider: "No shared-memory provider serves this handle, and the HAL is switched off."
    case .freeWithOtherHandle:
      "The block was allocated with NdisHandle \(hex(a)), not \(hex(b)); use the same handle."
    case .doubleFree: "AllocationHandle \(hex(a)) was freed already."
    case .leak: "\(a) block(s) of \(b) byte(s) in all were not freed by their owner."
    case .dmaStillRegistered:
      "The adapter was halted without NdisMDeregisterScatterGatherDma (handle \(hex(a)))."
    case .bindingLeftOpen: "Binding \(hex(a)) was still open when its unbind handler returned."
    case .bindingNotOpened: "The bind handler succeeded without calling NdisOpenAdapterEx."
    case .handlerStatus:
      "The handler answered status \(hex(a, digits: 8)), which is not documented for it."
    case .freeInShutdown:
      "AllocationHandle \(hex(a)) is freed in MiniportShutdownEx or after it; nothing is released there."
    case .statusSource: "SourceHandle is \(hex(a)); it must be the adapter's handle, \(hex(b))."
    case .adapterBindings: "The adapter has \(a) bindings and filter modules; the limit is \(b)."
    case .quotaBytes: "The request would take \(a) bytes; the quota is \(b)."
    case .quotaBlocks: "\(a) blocks are live; the quota is \(b)."
    case .quotaSections: "\(a) sections exist; the quota is \(b)."
    case .quotaSessions: "\(a) sessions of this user exist; the quota is \(b)."
    case .quotaObjects:
      "\(a) drivers, adapters and bindings of this user exist; the quota is \(b)."
    case .tableFull:
      "All \(b) \(RecordKind(rawValue: a).map { $0.name } ?? "kind \(a)") records are in use."
    case .poolExhausted: "The pool has \(a) bytes free of the \(b) asked for."
    case .fragmented:
      "The longest contiguous run is \(a) bytes; \(b) were asked for. Ask for less, or without NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS."
    case .nodeUnavailable: "Node \(a) is not served; try MM_ANY_NODE_OK."
    case .memoryUnavailable: "The system refused memory (errno \(a))."
    case .providerRefused:
      "The provider answered \(Status(rawValue: UInt32(truncatingIfNeeded: a)))."
    case .providerDied: "The provider's process ended during the call."
    case .providerDeadline: "The provider did not answer within \(a) ms."
    case .providerStuck:
      "The provider has not answered an earlier call (upcall \(a)); it gets no new one."
    case .providerStatus:
      "The provider answered status \(hex(a, digits: 8)), which is not documented for its handler."
    case .providerIRQL: "The provider's handler returned at IRQL \(a); it was called at \(b)."
    case .providerSection:
      "The provider answered with section \(hex(a)), which is not one of its own for this domain."
    case .providerExtentCount: "The provider answered \(a) extents; allowed are 1 to \(b)."
    case .providerExtentRange:
      "The provider's extent at offset \(hex(a)) ends outside its section of \(b) bytes."
    case .providerExtentAlignment:
      "The provider's extent at offset \(hex(a)), length \(b) is not page-aligned."
    case .providerOverlap:
      "The provider's extent at offset \(hex(a)), length \(b) overlaps a live block."
    case .providerLength: "The provider's extents sum to \(a) bytes; Length is \(b)."
    case .providerContiguity:
      "The provider answered \(a) extents to a request for contiguous memory."
    case .providerMalformed: "The provider's answer is \(a) bytes; it must be \(b)."
    case .lateAnswer: "The answer to upcall \(a) came after its deadline."
    case .handlerFailed:
      "The driver's handler answered \(Status(rawValue: UInt32(truncatingIfNeeded: a)))."
    case .handlerDeadline: "The driver's handler did not answer within \(a) ms."
    case .handlerDied: "The driver's process ended during the call."
    case .sectionInUse: "Section \(hex(a)) still has \(b) live block(s)."
    case .sectionSize: "A section of \(a) bytes was offered; allowed are whole pages up to \(b)."
    case .ownerEnded: "The object the call was made for ended before the answer came."
    case .sessionUnknown:
      "No session of this user waits for its client under this token: it has ended, or never was. Say "
        + "HELLO without a token."
    case .sessionNotResumed: "The client did not come back within \(a) s of the daemon's restart."
    case .handlingCrashed:
      "The daemon crashed twice in a row while it handled this (\(a) of session \(b)). It is not tried "
        + "again; the backtraces are in the journal."
    case .daemonStopping: "The daemon is stopping; what this session still held is being reclaimed."
    case .outboxFull:
      "The client left \(a) packets unread; the limit is \(b). Read replies and upcalls as they come."
    case .unexpectedAnswer: "Upcall \(a) is not open in this session."
    case .informationBuffer: "The information buffer holds \(a) bytes; \(b) are needed."
    case .elementCount: "The array says it has \(a) elements; at most \(b) are taken."
    case .elementSize: "ElementSize is \(a); an element needs at least \(b) bytes."
    case .elementOffset:
      "The array's first element is at offset \(a), inside the \(b) bytes of its head."
    case .countedString: "The length of a counted string is \(a); it must be even and at most \(b)."
    case .badCountedString:
      "A counted string of \(a) bytes must be UTF-16 without control characters."
    case .queueType:
      "QueueType is \(a); a queue that is allocated is of NdisReceiveQueueTypeVMQueue."
    case .queueOperationalState: "QueueState is \(a); legal values are 0 to 3."
    case .processorAffinity: "ProcessorAffinity names no processor of group \(a)."
    case .lookahead: "LookaheadSize is \(a) without lookahead split; it must be 0."
    case .nothingChanged: "The set request names nothing to change; set a CHANGED flag."
    case .defaultQueue: "QueueId 0 is the default queue, which is neither allocated nor freed."
    case .queueTwice: "QueueId \(a) stands in the array twice."
    case .queueState: "Queue \(a) is in a state that does not allow this."
    case .queueOwner: "Queue \(a) was allocated by another driver; only that one may change it."
    case .filterType:
      "FilterType is \(a); a filter of a queue or VPort is of NdisReceiveFilterTypeVMQueue."
    case .filterFrameHeader: "FrameHeader is \(a); legal values are 1 to 5."
    case .filterTest: "ReceiveFilterTest is \(a); legal values are 1 to 3."
    case .filterHeaderField: "HeaderField \(a) is no field of frame header \(b)."
    case .filterEmpty: "The filter tests no field; it needs at least one."
    case .filterUnknown: "FilterId \(a) names no filter of queue \(b)."
    case .vportState: "VPortState is \(a); a VPort can only be activated, once."
    case .vportIDGiven: "VPortId is \(a); it must be 0 in a creation, NDIS assigns it."
    case .interruptModeration: "InterruptModeration is \(a); legal are 0, 1, 2, 100, 200 and 300."
    case .switchType: "SwitchType is \(a); a switch is of NdisNicSwitchTypeExternal."
    case .switchUnknown: "SwitchId is \(a); only the default switch, 0, exists."
    case .oidUnknown: "OID \(hex(a, digits: 8)) is not known here."
    case .oidKind: "OID \(hex(a, digits: 8)) is not issued with request type \(b)."
    case .oidVersion:
      "OID \(hex(a, digits: 8)) needs NDIS 6.\(b) or later; the driver registered an older version."
    case .oidMustSucceed:
      "OID \(hex(a, digits: 8)) was failed with \(Status(rawValue: UInt32(truncatingIfNeeded: b))); it must succeed."
    case .oidStatus:
      "OID \(hex(a, digits: 8)) was ended with \(Status(rawValue: UInt32(truncatingIfNeeded: b))), which may not end it."
    case .oidNotPending:
      "OID request \(a) is not pending with this miniport; it was completed already or never sent."
    case .oidPendingAlready:
      "OID request \(a) is still pending; it must be completed before it is issued again."
    case .oidDeadline: "OID \(hex(a, digits: 8)) was not completed within \(b) ms."
    case .oidAborted: "OID request \(a) was cancelled."
    case .oidBytesWritten: "BytesWritten is \(a); the buffer holds \(b)."
    case .adapterRemoved:
      "The adapter of handle \(hex(a)) was removed by surprise; it takes no OID requests."
    case .completionUnexpected:
      "Nothing is pending on the object of handle \(hex(a)) that this call could complete."
    case .receiveFlags: "ReceiveFlags are \(hex(a)); this queue needs \(hex(b)) among them."
    case .queuesMixed:
      "The chain holds lists of queue \(a) and of queue \(b); a queue with per-queue indication takes no others."
    case .sharedMemoryChain: "A NET_BUFFER has \(a) shared-memory segments; it needs 1 to \(b)."
    case .sharedMemoryUnknown: "SharedMemoryHandle \(hex(a)) names no live block of queue \(b)."
    case .sharedMemoryRange:
      "The segment of \(a & 0xFFFF_FFFF) bytes at offset \(a >> 32) is empty or ends outside its block of \(b)."
    case .stillIndicated:
      "AllocationHandle \(hex(a)) is freed while \(b) indicated lists refer to it."
    case .statusBuffer: "StatusBufferSize is \(a); \(b) bytes came with the indication."
    case .statusAfterHalt:
      "Adapter \(hex(a)) indicates status \(hex(b, digits: 8)) after it was halted."
    case .adapterChange: "Change \(a) with argument \(b) is none that can be made to an adapter."
    case .informationTooLong: "The information buffer is \(a) bytes long; at most \(b) are taken."
    case .netBufferListCount: "\(a) NET_BUFFER_LISTs were given; 1 to \(b) are taken."
    case .netBufferCount:
      "A NET_BUFFER_LIST holds \(a) NET_BUFFERs or segments; 1 to \(b) are taken."
    case .tooManyIndicated:
      "\(a) lists are indicated and not returned; an adapter may have \(b). Wait for returns."
    case .notIndicated:
      "Handle \(hex(a)) names no list that is indicated to this binding; it was returned already, or never given."
    case .queuesLeft:
      "Binding \(hex(a)) was closed with \(b) receive queue(s), filter(s), VPort(s) or VF(s) of its own left."
    case .queueMemoryLeft:
      "Queue \(a) was freed while \(b) block(s) of its memory are still allocated."
    case .dmaStoppedMissing:
      "Queue \(a) was freed without NDIS_STATUS_RECEIVE_QUEUE_STATE (DmaStopped)."
    case .dmaStoppedUnasked:
      "DmaStopped was indicated for queue \(a), which is not being freed or has indicated it already."
    case .filterOwner: "Filter \(a) was set by another driver; only that one may clear it."
    case .filtersLeft: "\(a) filter(s) still stand on it; clear or move them first."
    case .noQueues: "All \(a) receive queues of the adapter are allocated."
    case .noSwitch: "The adapter has no NIC switch, or no room for another VPort (\(a) of \(b))."
    case .vportOwner: "VPort \(a) was created by another driver; only that one may change it."
    case .functionUnknown: "AttachedFunctionId \(a) is neither the PF nor an allocated VF."
    case .capabilityMSIX:
      "SupportedQueueProperties is \(hex(a)); VM queues need NDIS_RECEIVE_FILTER_MSI_X_SUPPORTED."
    case .capabilityLookahead:
      "SupportedQueueProperties is \(hex(a)) with lookahead sizes up to \(b); from NDIS 6.30 there is no lookahead split."
    case .lookaheadSizes: "MinLookaheadSplitSize \(a) is greater than MaxLookaheadSplitSize \(b)."
    case .capabilityMissing:
      "The miniport did not enable what OID \(hex(a, digits: 8)) needs in its hardware-assist attributes."
    case .filterLimit: "\(a) receive filters are set; the adapter takes \(b)."
    case .switchInUse:
      "The NIC switch still has \(a) nondefault VPort(s) and \(b) VF(s); delete and free them first."
    case .functionInUse: "Function \(a) has VPort \(b) attached."
    case .functionGiven:
      "VFId is \(a) and RequestorId \(hex(b)) in a request; both must be invalid, the miniport assigns them."
    case .vportMemoryLeft:
      "VPort \(a) was deleted while \(b) block(s) of its memory are still allocated."
    case .macAddressLength: "MacAddressLength is \(a); at most \(b) bytes are taken."
    case .functionOwner: "VF \(a) was allocated by another driver; only that one may free it."
    case .functionAnswered:
      "The miniport answered with VFId \(a), which is allocated already or not below \(b)."
    case .functionCount: "NumVFs is \(a); the adapter has \(b)."
    case .noFunctions: "All \(a) VFs of the NIC switch are allocated."
    case .indicatedEarly:
      "The miniport indicated into queue \(a) while SET_FILTER was pending and then failed the request."
    case .tooManyParts:
      "The lists lie in \(a) contiguous parts; one call takes \(b). Indicate fewer at a time, or allocate with NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS."
    case .irqlFlag:
      "The flags have \(hex(a)), which says DISPATCH_LEVEL; the call is made at IRQL \(b)."
    case .lookaheadSplit:
      "Segment \(a) breaks the lookahead split of \(b) bytes: lookahead memory that holds them comes first, post-lookahead memory second."
    case .dataLength: "The frame is \(a) bytes long; its segments have room for \(b)."
    case .tooManyReceivers:
      "\(a) bindings would receive the lists; an indication goes to at most \(b)."
    case .frameLength:
      "Frames of \(a) bytes cannot be made; the miniport is set up for 64 to \(b)."
    case .miniportUnknown: "No hosted miniport has this name."
    case .indicationsLeft: "\(a) indicated list(s) are still out; wait for their return."
    }
  }
}

/// What can be wrong with a descriptor offered as a section; the number kept with `.wrongDescriptor`.
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
    case .wrongSize: "its size is not the size said in the message"
    case .offeredAlready: "it is the memory of another section"
    }
  }
}

/// A failure: status, reason and the reason's two numbers.
public struct Failure: Error, Hashable, Sendable, BitwiseCopyable {
  public var status: Status
  /// The reason's number. Swift keeps an enum as its place in the list of cases, which the next version may
  /// change; in the store, and read from bytes nobody vouches for, it has to be a number.
  public var number: UInt16
  public var a: UInt64
  public var b: UInt64

  /// A number that is no reason says nothing.
  public var reason: Reason {
    get { Reason(rawValue: number) ?? .none }
    set { number = newValue.rawValue }
  }

  public init(_ status: Status, _ reason: Reason, _ a: UInt64 = 0, _ b: UInt64 = 0) {
    self.status = status
    number = reason.rawValue
    self.a = a
    self.b = b
  }

  public var sentence: String { reason.sentence(a, b) }
}
