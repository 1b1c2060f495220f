// How a block is printed: the results of NdisAllocateSharedMemory under their documented names.

import Glibc
import NDISDriverKit
import NDISPlatform
import NDISVarlink

enum AllocShow {
  /// Further extents are only counted.
  private static let shownExtents = 16
  /// Bytes of a hexdump.
  private static let shownBytes = 256

  static func text(_ block: SharedMemoryBlock, hexdump: Bool) -> String {
    var lines = [
      "AllocationHandle    \(block.allocationHandle)",
      "SharedMemoryHandle  \(block.sharedMemoryHandle)",
      "VirtualAddress      \(address(block)) in process \(processNumber())",
      "Length              \(block.length)",
    ]
    let list = block.scatterGatherList
    for (index, element) in list.prefix(shownExtents).enumerated() {
      let name = index == 0 ? "ScatterGatherList" : ""
      lines.append(
        name.padded(20) + "\(hex(element.address)) + \(hex(UInt64(element.length)))")
    }
    if list.count > shownExtents {
      lines.append("".padded(20) + "and \(list.count - shownExtents) more elements")
    }
    lines.append("Section             \(block.section.handle), \(block.section.size) bytes")
    if hexdump {
      lines += Hexdump.lines(count: min(block.length, shownBytes)) { offset in
        unsafe block.virtualAddress.load(fromByteOffset: offset, as: UInt8.self)
      }
    }
    return lines.map { $0 + "\n" }.joined() + "\n"
  }

  static func json(_ block: SharedMemoryBlock) -> JSON {
    [
      "allocationHandle": .string("\(block.allocationHandle)"),
      "sharedMemoryHandle": .string("\(block.sharedMemoryHandle)"),
      "owner": .string("\(block.owner)"),
      "virtualAddress": .string(address(block)),
      "length": .int(Int64(block.length)),
      "section": .string("\(block.section.handle)"),
      "physicalBase": .string(hex(block.physicalBase)),
      "scatterGatherList": .array(
        block.scatterGatherList.map { element in
          ["address": .string(hex(element.address)), "length": .int(Int64(element.length))]
        }),
    ]
  }

  static func counted(_ blocks: Int) -> String { "\(blocks) block\(blocks == 1 ? "" : "s")" }

  private static func address(_ block: SharedMemoryBlock) -> String {
    hex(UInt64(UInt(bitPattern: unsafe block.virtualAddress.baseAddress)))
  }
}

/// The number of this process.
func processNumber() -> Int32 { getpid() }

extension String {
  /// Padded with spaces to at least `width` characters.
  func padded(_ width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
