// NdisMRegisterDmaChannel and NdisMDeregisterDmaChannel.

import CNDIS
import NDIS
import NDISDriverInterface
import NDISEvents
import NDISHostedDrivers
import Testing

@testable import NDISSimulator

@Suite struct DMAChannelTests {
  private let ok = Failure(.success, .none)

  @Test("NdisMRegisterDmaChannel: in MiniportInitializeEx only, once")
  func inInitialize() throws {
    let bed = try DMABed()
    let ends = bed.add {
      [bed.attributes($0), bed.channel($0), bed.channel($0)]
    }
    #expect(ends.map(\.reason) == [.none, .none, .alreadyDone])
    #expect(bed.channelHandle.kind == .dmaChannel)
    let late = bed.ask(bed.channel(bed.adapters[0]))
    #expect(late?.failure.reason == .wrongState && late?.failure.status == .failure)
    #expect(bed.violations == [] && bed.host.problems == [])
  }

  @Test("NdisMRegisterDmaChannel: after NdisMSetMiniportAttributes")
  func afterAttributes() throws {
    let bed = try DMABed()
    let ends = bed.add { [bed.channel($0), bed.attributes($0), bed.channel($0)] }
    #expect(ends.map(\.reason) == [.dmaBeforeAttributes, .none, .none])
    #expect(ends[0].status == .failure)
  }

  @Test("NdisMRegisterDmaChannel: FAILURE for a bus master on another bus than ISA")
  func busMaster() throws {
    for (interface, reason) in [
      (5, Reason.dmaChannelBusMaster), (0, .dmaChannelBusMaster), (1, .none),
    ]
      as [(Int32, Reason)]
    {
      let bed = try DMABed()
      let ends = bed.add {
        [bed.attributes($0, flags: 0x40, interface: interface), bed.channel($0)]
      }
      #expect(ends.last?.reason == reason, "\(interface)")
    }
  }

  @Test("NdisMRegisterDmaChannel: DmaPort must be zero, DmaWidth and DmaSpeed are of the lists")
  func description() throws {
    let wrong: [(DMAChannelDescription, UInt64, UInt64)] = [
      (DMAChannelDescription(port: 1), 12, 1), (DMAChannelDescription(width: 3), 4, 3),
      (DMAChannelDescription(speed: 4), 8, 4),
    ]
    for (description, offset, value) in wrong {
      let bed = try DMABed()
      let ends = bed.add { [bed.attributes($0), bed.channel($0, description)] }
      #expect(ends.last == Failure(.failure, .dmaDescription, offset, value))
    }
    let bed = try DMABed()
    let ends = bed.add {
      [bed.attributes($0), bed.channel($0, DMAChannelDescription(width: 2, speed: 3))]
    }
    #expect(ends.last == ok)
  }

  @Test("NdisMRegisterDmaChannel: RESOURCE_CONFLICT for a channel that another adapter has claimed")
  func conflict() throws {
    let bed = try DMABed()
    bed.halting = { _ in [.deregisterDMAChannel(bed.channelHandle)] }
    let five = DMAChannelDescription(channel: 5)
    bed.add("a") { [bed.attributes($0), bed.channel($0, five)] }
    let first = bed.channelHandle
    let taken = bed.add("b") { [bed.attributes($0), bed.channel($0, five)] }
    #expect(
      taken.last
        == Failure(.resourceConflict, .dmaChannelTaken, 5, bed.adapters[0].rawValue))
    let others = bed.add("c") {
      [bed.attributes($0), bed.channel($0, DMAChannelDescription(channel: 6))]
    }
    #expect(others.last == ok)
    let none = bed.add("d") { [bed.attributes($0), bed.channel($0)] }
    #expect(none.last == ok)
    // A channel that was released can be claimed again.
    bed.halting = { _ in [.deregisterDMAChannel(first)] }
    bed.remove(bed.adapters[0])
    let again = bed.add("e") { [bed.attributes($0), bed.channel($0, five)] }
    #expect(again.last == ok && bed.violations == [] && bed.host.problems == [])
  }

  @Test("NdisMDeregisterDmaChannel: only from MiniportInitializeEx and MiniportHaltEx")
  func deregister() throws {
    let bed = try DMABed()
    bed.add { [bed.attributes($0), bed.channel($0)] }
    let channel = bed.channelHandle
    let late = bed.ask(.deregisterDMAChannel(channel))
    #expect(late?.failure.status == .success && bed.violations == [.dmaChannelReleased])
    #expect(bed.reports.last?.bugCheck == nil)
    // "The caller should consider MiniportDmaHandle invalid".
    let again = bed.ask(.deregisterDMAChannel(channel))
    #expect(again?.failure == Failure(.invalidParameter, .staleHandle, channel.rawValue))
    bed.remove(bed.adapters[0])
    #expect(bed.violations == [.dmaChannelReleased] && bed.host.problems == [])
    // Inside MiniportInitializeEx.
    let inside = try DMABed()
    inside.add { adapter in
      [
        inside.attributes(adapter), inside.channel(adapter),
        .deregisterDMAChannel(
          Handle(kind: .dmaChannel, generation: adapter.generation, index: adapter.index)),
      ]
    }
    #expect(inside.results.map(\.failure) == [ok, ok, ok] && inside.violations == [])
  }

  @Test("NdisMDeregisterDmaChannel: a channel that is left at MiniportHaltEx is a violation")
  func left() throws {
    for deregisters in [false, true] {
      let bed = try DMABed()
      bed.add { [bed.attributes($0), bed.channel($0)] }
      let channel = bed.channelHandle
      if deregisters { bed.halting = { _ in [.deregisterDMAChannel(channel)] } }
      bed.remove(bed.adapters[0])
      #expect(bed.violations == (deregisters ? [] : [.dmaChannelLeft]))
      #expect(bed.reports.map(\.routine) == (deregisters ? [] : ["MiniportHaltEx"]))
      #expect(bed.host.problems == [])
    }
  }

  @Test("NdisAllocateSharedMemory: NdisMRegisterDmaChannel counts as registration of DMA")
  func countsAsDMA() throws {
    for registers in [false, true] {
      let bed = try DMABed(pools: [PoolSettings(name: "hal", level: .hal)])
      let ends = bed.add {
        [bed.attributes($0)] + (registers ? [bed.channel($0)] : []) + [Sample.allocate($0)]
      }
      #expect(ends.last?.reason == (registers ? Reason.none : .dmaNotRegistered))
    }
  }
}
