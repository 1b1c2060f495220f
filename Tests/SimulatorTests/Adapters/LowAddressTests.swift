// Where memory of adapters without 64-bit addresses lies.

import CNDIS
import NDIS
import NDISDriverInterface
import NDISEvents
import NDISHostedDrivers
import NDISStore
import Testing

@testable import NDISSimulator

@Suite struct LowAddressTests {
  private static let limit: UInt64 = 4 << 30

  private func dma(_ adapter: Handle, is64Bit: Bool) -> Request {
    .registerScatterGatherDMA(adapter, Sample.dma, flags: is64Bit ? 1 : 0)
  }

  @Test("NDIS_SG_DMA_64_BIT_ADDRESS: without it physical addresses are below 4 GiB")
  func flag() throws {
    for is64Bit in [false, true] {
      let bed = try DMABed()
      let ends = bed.add {
        [bed.attributes($0, flags: 0x40), dma($0, is64Bit: is64Bit), Sample.allocate($0)]
      }
      #expect(ends.allSatisfy { $0.status == .success })
      let bases = bed.bases(bed.adapters[0])
      #expect(!bases.isEmpty && bases.allSatisfy { ($0 < Self.limit) == !is64Bit })
      #expect(bed.host.problems == [])
    }
  }

  @Test("NDIS_SG_DMA_64_BIT_ADDRESS: memory for an adapter with a DMA channel is below 4 GiB")
  func channel() throws {
    let bed = try DMABed()
    bed.add { [bed.attributes($0), bed.channel($0), Sample.allocate($0)] }
    let bases = bed.bases(bed.adapters[0])
    #expect(!bases.isEmpty && bases.allSatisfy { $0 < Self.limit })
  }

  @Test("NDIS_SG_DMA_64_BIT_ADDRESS: memory of a binding lies where the adapter's does")
  func binding() throws {
    for is64Bit in [false, true] {
      let bed = try DMABed()
      bed.add { [bed.attributes($0, flags: 0x40), dma($0, is64Bit: is64Bit)] }
      let receiver = Receiver(bed.host, "up")
      let made = bed.host.ask(receiver.driver.session, Sample.allocate(receiver.binding))
      #expect(made?.failure.status == .success)
      let bases = bed.bases(receiver.binding)
      #expect(!bases.isEmpty && bases.allSatisfy { ($0 < Self.limit) == !is64Bit })
    }
  }

  @Test("NDIS_SG_DMA_64_BIT_ADDRESS: sections of others take nothing of the 4 GiB")
  func others() throws {
    let bed = try DMABed()
    bed.add { [bed.attributes($0, flags: 0x40), dma($0, is64Bit: true)] }
    let wide = bed.adapters[0]
    let provider = Driver(bed.host, "provider", provides: true)
    let prot = provider.protocolDriver(bed.host)
    for _ in 0..<6 {
      let made = bed.host.ask(
        provider.session,
        .offerSection(provider: prot, domain: wide, size: 1 << 30, node: 0))
      #expect(made?.failure.status == .success)
    }
    let ends = bed.add("low") {
      [bed.attributes($0, flags: 0x40), dma($0, is64Bit: false)]
    }
    #expect(ends.allSatisfy { $0.status == .success })
    #expect(bed.bases(wide).allSatisfy { $0 >= Self.limit })
    let low = bed.host.ask(
      provider.session,
      .offerSection(provider: prot, domain: bed.adapters[1], size: 2 << 30, node: 0))
    #expect(low?.failure.status == .success && (low?.value2 ?? 0) < Self.limit)
  }

  @Test("NDIS_SG_DMA_64_BIT_ADDRESS: RESOURCES when the space is full, and it is used again")
  func full() throws {
    let bed = try DMABed()
    bed.add { [bed.attributes($0, flags: 0x40), dma($0, is64Bit: false)] }
    let adapter = bed.adapters[0]
    let provider = Driver(bed.host, "provider", provides: true)
    let prot = provider.protocolDriver(bed.host)
    func offer(_ size: UInt64) -> RequestResult? {
      bed.host.ask(
        provider.session, .offerSection(provider: prot, domain: adapter, size: size, node: 0))
    }
    var sections: [RequestResult] = []
    while let made = offer(1 << 30), made.failure.status == .success { sections.append(made) }
    #expect(sections.count == 3)
    let full = offer(1 << 30)
    #expect(full?.failure.status == .resources && full?.failure.reason == .lowAddressesFull)
    // What the sentence says is free is free.
    let rest = full?.failure.b ?? 0
    #expect(rest > 0)
    #expect(offer(rest / 4096 * 4096 + 4096)?.failure.reason == .lowAddressesFull)
    #expect(offer(rest / 4096 * 4096)?.failure.status == .success)
    _ = bed.host.ask(provider.session, .withdrawSection(sections[1].value))
    let again = offer(1 << 30)
    #expect(again?.value2 == sections[1].value2)
    let bases = bed.bases(adapter)
    #expect(Set(bases).count == bases.count && bases.allSatisfy { $0 % (2 << 20) == 0 })
    #expect(bed.host.problems == [])
  }

  @Test("NDIS_SG_DMA_64_BIT_ADDRESS: a hosted provider's section is bounded below 4 GiB")
  func bounded() throws {
    let bed = try DMABed()
    bed.add { [bed.attributes($0, flags: 0x40), dma($0, is64Bit: false)] }
    let size = bed.host.simulator.sectionSize(
      domain: bed.adapters[0], size: 8 << 30, pageSize: 4096)
    #expect(size == 256 << 20)
    let small = bed.host.simulator.sectionSize(
      domain: bed.adapters[0], size: 1 << 20, pageSize: 4096)
    #expect(small == 1 << 20)
    let huge = bed.host.simulator.sectionSize(
      domain: bed.adapters[0], size: 8 << 30, pageSize: 1 << 30)
    #expect(huge == 1 << 30)
    let wide = bed.host.simulator.sectionSize(domain: bed.driver, size: 8 << 30, pageSize: 4096)
    #expect(wide == 8 << 30)
  }

  @Test("NDIS_SG_DMA_64_BIT_ADDRESS: DMA is registered before memory is allocated")
  func memoryBefore() throws {
    let bed = try DMABed()
    let ends = bed.add {
      [bed.attributes($0, flags: 0x40), Sample.allocate($0), dma($0, is64Bit: false)]
    }
    #expect(ends.last?.reason == .dmaAfterMemory && ends.last?.status == .resources)
    #expect(bed.host.problems == [])
    // A section without blocks is given up, and the next one lies lower.
    let other = try DMABed()
    other.next = { adapter, results in
      switch results.count {
      case 0: other.attributes(adapter, flags: 0x40)
      case 1: Sample.allocate(adapter)
      case 2: .free(ndisHandle: adapter, allocation: results[1].value)
      case 3: self.dma(adapter, is64Bit: false)
      case 4: Sample.allocate(adapter)
      default: nil
      }
    }
    let all = other.add { _ in [] }
    #expect(all.count == 5 && all.allSatisfy { $0.status == .success })
    let bases = other.bases(other.adapters[0])
    #expect(!bases.isEmpty && bases.allSatisfy { $0 < Self.limit })
    #expect(other.host.problems == [])
  }
}
