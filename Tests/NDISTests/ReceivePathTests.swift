// The receive path and an adapter's actions: images, flags and numbers of the public headers.

import CNDIS
import NDIS
import Testing

@Suite struct ReceivePathTests {
  private func image(_ parts: [NetBufferSharedMemory]) -> [UInt8] {
    parts.flatMap { part in
      var bytes = [UInt8](repeating: 0xEE, count: NetBufferSharedMemory.size)
      unsafe bytes.withUnsafeMutableBytes { _ = unsafe part.write(to: $0) }
      return bytes
    }
  }

  private func chain(_ bytes: [UInt8], _ count: UInt32) throws(Failure) -> [NetBufferSharedMemory] {
    let result: Result<[NetBufferSharedMemory], Failure> = unsafe bytes.withUnsafeBytes { buffer in
      do throws(Failure) {
        return .success(try unsafe NetBufferSharedMemory.chain(image: buffer, count: count))
      } catch { return .failure(error) }
    }
    return try result.get()
  }

  @Test("NET_BUFFER_SHARED_MEMORY has the x64 layout, and survives the way there and back")
  func sharedMemory() throws {
    #expect(MemoryLayout<NET_BUFFER_SHARED_MEMORY>.size == 32)
    let part = NetBufferSharedMemory(
      sharedMemoryHandle: Handle(rawValue: 0x0807_0605_0403_0201), offset: 0x11, length: 0x22)
    let bytes = image([part])
    #expect(StructureTests.integer(bytes, 0, 8) == 0)
    #expect(StructureTests.integer(bytes, 8, 4) == 0)
    #expect(StructureTests.integer(bytes, 16, 8) == 0x0807_0605_0403_0201)
    #expect(StructureTests.integer(bytes, 24, 4) == 0x11)
    #expect(StructureTests.integer(bytes, 28, 4) == 0x22)
    let rest = NetBufferSharedMemory(sharedMemoryHandle: .null, offset: .max, length: .max)
    #expect(try chain(image([part, rest]), 2) == [part, rest])
    var short = [UInt8](repeating: 0, count: 31)
    #expect(unsafe short.withUnsafeMutableBytes { unsafe part.write(to: $0) } == 0)
  }

  @Test("a chain has one or two segments and is all there")
  func chains() {
    let bytes = image([
      NetBufferSharedMemory(sharedMemoryHandle: .null, offset: 0, length: 1),
      NetBufferSharedMemory(sharedMemoryHandle: .null, offset: 1, length: 1),
    ])
    func refusal(_ bytes: [UInt8], _ count: UInt32) -> Reason {
      do throws(Failure) {
        _ = try chain(bytes, count)
        return .none
      } catch { return error.reason }
    }
    for count: UInt32 in [0, 3, .max] { #expect(refusal(bytes, count) == .sharedMemoryChain) }
    for length in 0..<64 {
      #expect(refusal(Array(bytes.prefix(length)), 2) == .informationBuffer, "\(length)")
    }
    var pointer = bytes
    pointer[39] = 1
    #expect(refusal(pointer, 2) == .reservedNotZero && refusal(pointer, 1) == .none)
    var flags = bytes
    flags[8] = 1
    #expect(refusal(flags, 1) == .unknownFlags)
  }

  @Test("behaviour 44: a segment lies inside its block, without overflow")
  func range() {
    func isInside(_ offset: UInt32, _ length: UInt32, _ block: UInt32) -> Bool {
      let part = NetBufferSharedMemory(sharedMemoryHandle: .null, offset: offset, length: length)
      do throws(Failure) {
        try part.check(inside: block)
        return true
      } catch {
        #expect(error.reason == .sharedMemoryRange)
        #expect(error.sentence.contains("\(length) bytes at offset \(offset)"))
        return false
      }
    }
    #expect(isInside(0, 4096, 4096) && isInside(4095, 1, 4096) && isInside(0, .max, .max))
    #expect(!isInside(0, 0, 4096) && !isInside(4096, 1, 4096) && !isInside(1, 4096, 4096))
    #expect(!isInside(.max, .max, .max) && !isInside(.max, 1, .max) && !isInside(0, 1, 0))
  }

  @Test("flags have the headers' bits, and no others are taken")
  func flags() {
    let receive: [(ReceiveFlags, UInt32)] = [
      (.dispatchLevel, NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL), (.resources, 2),
      (.singleEtherType, 0x100), (.singleVLAN, 0x200), (.perfectFiltered, 0x400),
      (.singleQueue, 0x800), (.sharedMemoryInfoValid, 0x1000), (.moreNBLs, 0x2000),
      (.switchDestinationGroup, 0x4000), (.switchSingleSource, 0x8000),
    ]
    var all: UInt32 = 0
    for (flag, bit) in receive {
      #expect(flag.rawValue == bit)
      all |= bit
    }
    #expect(ReceiveFlags.known.rawValue == all)
    #expect(NDIS_RECEIVE_FLAGS_SHARED_MEMORY_INFO_VALID == 0x1000)
    #expect(
      [ReturnFlags.dispatchLevel, .singleQueue, .switchSingleSource].map(\.rawValue) == [1, 2, 4])
    for bit in 0..<32 {
      let raw = UInt32(1) << UInt32(bit)
      #expect(
        (try? ReceiveFlags(checking: raw)) == (all & raw == 0 ? nil : ReceiveFlags(rawValue: raw)))
      #expect((try? ReturnFlags(checking: raw)) == (raw > 4 ? nil : ReturnFlags(rawValue: raw)))
    }
  }

  @Test("queue flags and states have the headers' numbers")
  func queues() {
    let flags: [ReceiveQueueFlags] = [
      .perQueueReceiveIndication, .lookaheadSplitRequired, .flagsChanged, .processorAffinityChanged,
      .suggestedReceiveBuffersChanged, .nameChanged, .interruptCoalescingDomainChanged,
      .qosSQChanged,
    ]
    #expect(
      flags.map(\.rawValue) == [
        1, 2, 0x10000, 0x20000, 0x40000, 0x80000, 0x10_0000, 0x20_0000,
      ])
    let vport: [VPortFlags] = [
      .flagsChanged, .nameChanged, .interruptModerationChanged, .stateChanged,
      .processorAffinityChanged, .ndkParametersChanged, .qosSQChanged, .numQueuePairsChanged,
    ]
    #expect(vport.map(\.rawValue) == (16...23).map { 1 << $0 })
    let states = ["Undefined", "Running", "Paused", "DmaStopped"]
    for (number, name) in states.enumerated() {
      #expect(
        ReceiveQueueOperationalState(rawValue: Int32(number))?.description
          == "NdisReceiveQueueOperationalState\(name)")
    }
    #expect(ReceiveQueueOperationalState(rawValue: 4) == nil)
    #expect(VPortOperationalState.allCases.map(\.rawValue) == [0, 1, 2])
    #expect("\(VPortOperationalState.activated)" == "NdisNicSwitchVPortStateActivated")
    #expect(InterruptModeration.allCases.map(\.rawValue) == [0, 1, 2, 100, 200, 300])
    #expect("\(ReceiveQueueType.vmQueue)" == "NdisReceiveQueueTypeVMQueue")
  }

  @Test("actions and events of an adapter have the headers' numbers and names")
  func actions() {
    let halts = [
      "DeviceDisabled", "DeviceInstanceDeInitialized", "DevicePoweredDown", "DeviceSurpriseRemoved",
      "DeviceFailed", "DeviceInitializationFailed", "DeviceStopped",
    ]
    #expect(HaltAction.allCases.map(\.description) == halts.map { "NdisHalt\($0)" })
    #expect(HaltAction.allCases.map(\.rawValue) == Array(0...6))
    #expect(
      ShutdownAction.allCases.map(\.description) == [
        "NdisShutdownPowerOff", "NdisShutdownBugCheck",
      ])
    #expect(ShutdownAction.allCases.map(\.rawValue) == [0, 1])
    let events = [
      "QueryRemoved", "Removed", "SurpriseRemoved", "QueryStopped", "Stopped",
      "PowerProfileChanged",
      "FilterListChanged",
    ]
    #expect(PnPEvent.allCases.map(\.description) == events.map { "NdisDevicePnPEvent\($0)" })
    #expect(PnPEvent.allCases.map(\.rawValue) == Array(0...6))
    let reasons: [PauseReason] = [
      .ndisInternal, .lowPower, .bindProtocol, .unbindProtocol, .attachFilter, .detachFilter,
      .filterRestartStack, .miniportDeviceRemove,
    ]
    #expect(reasons.map(\.rawValue) == (0...7).map { 1 << $0 })
  }

  @Test("a status indication's size is that of the bytes that follow")
  func statusBuffer() {
    func isRight(_ size: UInt32, _ count: Int) -> Bool {
      (try? StatusIndication(from: .null, .linkState, bufferSize: size).checkBuffer(count)) != nil
    }
    #expect(isRight(0, 0) && isRight(16, 16) && isRight(4096, 4096))
    #expect(!isRight(16, 15) && !isRight(16, 17) && !isRight(.max, 0) && !isRight(4097, 4097))
  }
}
