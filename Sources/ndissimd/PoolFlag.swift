// The value of --pool: `key=value` pairs, every mistake named with the pair it stands in.

import ArgumentParser
import Configuration

/// Parses --pool.
enum PoolFlag {
  static func parse(_ text: String) throws -> PoolValues {
    var settings = PoolValues()
    for pair in text.split(separator: ",") {
      let parts = pair.split(separator: "=", maxSplits: 1)
      guard parts.count == 2 else {
        throw ValidationError("--pool has '\(pair)'; expected key=value")
      }
      let value = String(parts[1])
      switch parts[0] {
      case "name": settings.name = value
      case "capacity": settings.capacity = try bytes(value)
      case "nodes":
        guard let nodes = UInt64(value), (1...64).contains(nodes) else {
          throw ValidationError("--pool has nodes=\(value); expected 1 to 64")
        }
        settings.nodes = nodes
      case "pages":
        guard value == "4K" || value == "2M" else {
          throw ValidationError("--pool has pages=\(value); expected 4K or 2M")
        }
        settings.pages = value
      case "fill":
        guard ["none", "zero", "poison"].contains(value) else {
          throw ValidationError("--pool has fill=\(value); expected none, zero or poison")
        }
        settings.fill = value
      case "fragment":
        guard let seed = UInt64(value) else {
          throw ValidationError("--pool has fragment=\(value); expected a number")
        }
        settings.fragment = seed
      default:
        throw ValidationError(
          "--pool has '\(parts[0])'; known are name, capacity, nodes, pages, fill, fragment")
      }
    }
    guard !settings.name.isEmpty else { throw ValidationError("--pool '\(text)' has no name") }
    guard settings.capacity >= UInt64(settings.pageSize),
      settings.capacity % UInt64(settings.pageSize) == 0, settings.capacity <= 8 << 30
    else {
      throw ValidationError(
        "--pool \(settings.name): capacity must be whole pages of \(settings.pageSize) bytes, up to 8G"
      )
    }
    if settings.fill != "none", settings.capacity > 1 << 30 {
      throw ValidationError(
        "--pool \(settings.name): fill needs a capacity up to 1G; the daemon writes every page itself"
      )
    }
    if settings.pages == "2M", settings.fill != "none" {
      throw ValidationError(
        "--pool \(settings.name): fill needs 4K pages; huge pages cannot be written by the daemon")
    }
    return settings
  }

  /// Bytes with an optional K, M, G or T (powers of 1024).
  static func bytes(_ text: String) throws -> UInt64 {
    let shifts: [Character: UInt64] = ["K": 10, "M": 20, "G": 30, "T": 40]
    let shift = text.last.flatMap { shifts[$0] } ?? 0
    let digits = shift == 0 ? Substring(text) : text.dropLast()
    guard let value = UInt64(digits), value > 0, value <= UInt64.max >> shift else {
      throw ValidationError("'\(text)' is no number of bytes; expected for instance 256M")
    }
    return value << shift
  }
}
