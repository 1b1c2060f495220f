// The golden messages that NDIS begins: upcalls with their answers, notifications, and failures.

import CNDIS
import NDISDriverProtocol
import NDIS

extension GoldenList {
  mutating func addUpcalls() {
    upcall("set_options", NDISSIM_UPCALL_SET_OPTIONS) {
      $0.append(Example.miniport)
      $0.append(Example.driverContext)
      $0.append(UInt64(1))
    }
    upcall("initialize_ex", NDISSIM_UPCALL_INITIALIZE_EX) {
      $0.append(Example.adapter)
      $0.append(Example.driverContext)
      $0.append(UInt64(2))
      $0.append(Name("golden0"))
    }
    for (name, type, handler, action) in [
      ("halt_ex", NDISSIM_UPCALL_HALT_EX, 3, 1), ("pause", NDISSIM_UPCALL_PAUSE, 5, 2),
      ("restart", NDISSIM_UPCALL_RESTART, 6, 0),
    ] as [(String, Int, UInt64, UInt32)] {
      upcall(name, type) {
        $0.append(Example.adapter)
        $0.append(Example.adapterContext)
        $0.append(handler)
        $0.append(action)
        $0.append(UInt32(0))
      }
    }
    upcall("bind_adapter_ex", NDISSIM_UPCALL_BIND_ADAPTER_EX) {
      $0.append(Example.driverContext)
      $0.append(Example.bindContext)
      $0.append(UInt64(22))
      $0.append(Name("golden0"))
    }
    upcall("unbind_adapter_ex", NDISSIM_UPCALL_UNBIND_ADAPTER_EX) {
      $0.append(Example.binding)
      $0.append(Example.bindingContext)
      $0.append(UInt64(23))
    }
    upcall("allocate_shared_memory", NDISSIM_UPCALL_ALLOCATE_SHARED_MEMORY) {
      $0.append(Example.providerContext)
      $0.append(UInt64(61))
      $0.append(Example.domain)
      $0.append(UInt32(2))
      $0.append(Example.tag)
      $0.append(Site("Golden/Queue.swift:42"))
      $0.append(image: GoldenImage.parameters, size: GoldenImage.parameters.Header.Size)
    } reply: {
      $0.append(Example.sharedMemoryProviderContext)
      $0.append(Example.section)
      $0.append(UInt32(2))
      $0.append(UInt32(0))
      $0.append(Extent(offset: 0x3000, length: 4096))
      $0.append(Extent(offset: 0x8000, length: 2048))
    }
    upcall("free_shared_memory", NDISSIM_UPCALL_FREE_SHARED_MEMORY) {
      $0.append(Example.providerContext)
      $0.append(UInt64(62))
      $0.append(Example.sharedMemoryProviderContext)
      $0.append(Example.section)
    }
  }

  mutating func addOthers() {
    let upcallReply = NDISSIM_FLAG_UPCALL | NDISSIM_FLAG_REPLY
    // An upcall's answer that is no success has no body: the status says it all.
    single(
      "upcall_allocate_shared_memory.reply_resources",
      MessageHeader(
        type: UInt16(NDISSIM_UPCALL_ALLOCATE_SHARED_MEMORY), flags: upcallReply,
        requestID: upcallID, status: .resources)
    ) { _ in }
    single(
      "allocate_shared_memory.request_at_dispatch_level",
      MessageHeader(
        type: UInt16(NDISSIM_ALLOCATE_SHARED_MEMORY), requestID: 99,
        irql: IRQL.dispatch.rawValue)
    ) {
      $0.append(Example.adapter)
      $0.append(Example.tag)
      $0.append(UInt32(0))
      $0.append(Site())
      $0.append(image: GoldenImage.parameters, size: GoldenImage.parameters.Header.Size)
    }
    single(
      "failure.reply",
      MessageHeader(
        type: UInt16(NDISSIM_FREE_SHARED_MEMORY), flags: NDISSIM_FLAG_REPLY, requestID: 100,
        status: .failure)
    ) {
      $0.append(
        Failure(.failure, .doubleFree, Example.allocation),
        bugCheck: BugCheck(
          code: BugCheck.ndisDriver, 3, Example.adapter, 0, Example.allocation,
          isExtension: true))
    }
    single(
      "failure_without_bugcheck.reply",
      MessageHeader(
        type: UInt16(NDISSIM_ALLOCATE_SHARED_MEMORY), flags: NDISSIM_FLAG_REPLY, requestID: 101,
        status: .resources)
    ) { $0.append(Failure(.resources, .quotaBytes, 8192, 4096), bugCheck: nil) }
    single(
      "goodbye.notification",
      MessageHeader(
        type: UInt16(NDISSIM_GOODBYE), flags: NDISSIM_FLAG_NOTIFICATION, requestID: 0,
        status: .failure)
    ) { $0.append(Failure(.failure, .daemonStopping), bugCheck: nil) }
    single(
      "section_released.notification",
      MessageHeader(
        type: UInt16(NDISSIM_SECTION_RELEASED), flags: NDISSIM_FLAG_NOTIFICATION, requestID: 0)
    ) { $0.append(Example.section) }
    single(
      "resumed.notification",
      MessageHeader(
        type: UInt16(NDISSIM_RESUMED), flags: NDISSIM_FLAG_NOTIFICATION, requestID: 0)
    ) { $0.append(ndissim_resumed(instance: Example.instance)) }
    single(
      "resume.notification",
      MessageHeader(type: UInt16(NDISSIM_RESUME), flags: NDISSIM_FLAG_NOTIFICATION, requestID: 0)
    ) { $0.append(ndissim_resumed(instance: Example.instance)) }
  }
}
