// The machine of the measurements, as reported by the kernel.

import Glibc

enum Machine {
  static var kernel: String {
    var names = utsname()
    guard unsafe uname(&names) == 0 else { return "unknown" }
    return text(of: names.release) + " " + text(of: names.machine)
  }

  static var processorModel: String {
    let lines = Files.text("/proc/cpuinfo").split(separator: "\n")
    for key in ["model name", "Model", "Hardware"] {
      if let line = lines.first(where: { $0.hasPrefix(key) }),
        let value = line.split(separator: ":", maxSplits: 1).dropFirst().first
      {
        return String(value.drop { $0 == " " })
      }
    }
    return "unknown"
  }

  private static func text<Tuple: BitwiseCopyable>(of field: Tuple) -> String {
    unsafe withUnsafeBytes(of: field) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}

/// The private memory of a process.
enum PrivateMemory {
  /// The sum of `Pss_Anon` and `Pss_Shmem` in /proc/PID/smaps_rollup, in bytes: the heap, and the store if it
  /// is a memfd. The daemon never maps sections, so they are not included. Nil if the kernel does not report
  /// it.
  static func bytes(of process: Int32) -> UInt64? {
    let lines = Files.text("/proc/\(process)/smaps_rollup").split(separator: "\n")
    var total: UInt64 = 0
    var found = 0
    for line in lines where line.hasPrefix("Pss_Anon:") || line.hasPrefix("Pss_Shmem:") {
      let words = line.split(separator: " ")
      guard words.count >= 2, let kibibytes = UInt64(words[1]), kibibytes < 1 << 50 else {
        return nil
      }
      total += kibibytes * 1024
      found += 1
    }
    return found == 2 ? total : nil
  }
}
