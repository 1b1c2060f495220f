// The error of the benchmark.

import NDISDriverKit
import NDISPlatform

/// Why the benchmark failed, as a sentence.
public struct BenchFailure: Error, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }

  init(_ error: SystemError) { description = "\(error)" }
  init(_ error: DriverError) { description = "the driver's call failed: \(error)" }
}
