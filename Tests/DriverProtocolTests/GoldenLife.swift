// The golden messages of an adapter's life: capabilities, completions, changes, statuses.

import CNDIS
import NDISDriverProtocol
import NDIS

extension GoldenList {
  /// DMA channels, which came later than the others.
  mutating func addDMAChannels() {
    call("register_dma_channel", NDISSIM_REGISTER_DMA_CHANNEL, context: 0x101) {
      $0.append(Example.adapter)
      $0.append(UInt32(1))
      $0.append(UInt32(0x1_0000))
      $0.append(GoldenImage.dmaChannel)
    } reply: {
      $0.append(Example.dmaChannel)
    }
    call("deregister_dma_channel", NDISSIM_DEREGISTER_DMA_CHANNEL, context: 0x102) {
      $0.append(Example.dmaChannel)
    }
  }

  mutating func addLife() {
    call("set_hardware_assist_attributes", NDISSIM_SET_HARDWARE_ASSIST_ATTRIBUTES, context: 0x101) {
      let filter = GoldenImage.filterCapabilities
      let nicSwitch = GoldenImage.switchCapabilities
      $0.append(Example.adapter)
      $0.append(UInt32(filter.Header.Size))
      $0.append(UInt32(nicSwitch.Header.Size))
      $0.append(image: filter, size: filter.Header.Size)
      $0.append(image: nicSwitch, size: nicSwitch.Header.Size)
    }
    call("pause_complete", NDISSIM_PAUSE_COMPLETE) { $0.append(Example.adapter) }
    for (name, type, handle) in [
      ("restart_complete", NDISSIM_RESTART_COMPLETE, Example.adapter),
      ("complete_bind_adapter_ex", NDISSIM_COMPLETE_BIND_ADAPTER_EX, Example.bindContext),
      ("complete_unbind_adapter_ex", NDISSIM_COMPLETE_UNBIND_ADAPTER_EX, Example.binding),
      ("complete_net_pnp_event", NDISSIM_COMPLETE_NET_PNP_EVENT, Example.binding),
    ] {
      call(name, type) {
        $0.append(handle)
        $0.append(Status.resources.rawValue)
        $0.append(UInt32(0))
      }
    }
    call("change_adapter", NDISSIM_CHANGE_ADAPTER) {
      $0.append(Example.adapter)
      $0.append(UInt32(NDISSIM_CHANGE_PAUSE))
      $0.append(UInt32(2))
    }
    call("indicate_status_ex", NDISSIM_INDICATE_STATUS_EX) {
      $0.append(Example.adapter)
      $0.append(image: GoldenImage.status, size: GoldenImage.status.Header.Size)
      $0.append(UInt32(0xAABB_CCDD))
    }
    for (name, type, handler, action, irql) in [
      // Because of a bug check.
      ("shutdown_ex", NDISSIM_UPCALL_SHUTDOWN_EX, 12, 1, .high),
      ("device_pnp_event_notify", NDISSIM_UPCALL_DEVICE_PNP_EVENT_NOTIFY, 11, 2, .passive),
    ] as [(String, Int, UInt64, UInt32, IRQL)] {
      upcall(name, type, irql: irql) {
        $0.append(Example.adapter)
        $0.append(Example.adapterContext)
        $0.append(handler)
        $0.append(action)
        $0.append(UInt32(0))
      }
    }
    upcall("net_pnp_event", NDISSIM_UPCALL_NET_PNP_EVENT) {
      $0.append(Example.binding)
      $0.append(Example.bindingContext)
      $0.append(UInt64(26))
      $0.append(UInt32(8))
      $0.append(UInt32(0))
    }
    upcall("status_ex", NDISSIM_UPCALL_STATUS_EX) {
      $0.append(Example.binding)
      $0.append(Example.bindingContext)
      $0.append(UInt64(28))
      $0.append(image: GoldenImage.status, size: GoldenImage.status.Header.Size)
      $0.append(UInt32(0xAABB_CCDD))
    }
    // A handler that may end later says so.
    single(
      "upcall_pause.reply_pending",
      MessageHeader(
        type: UInt16(NDISSIM_UPCALL_PAUSE), flags: NDISSIM_FLAG_UPCALL | NDISSIM_FLAG_REPLY,
        requestID: 0x103, status: .pending)
    ) { _ in }
  }
}
