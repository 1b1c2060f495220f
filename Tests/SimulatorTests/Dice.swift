// Choices from a seed: what every generated test throws.

import NDISSimulator

/// Something that throws dice.
protocol Dicing: AnyObject {
  var random: SplitMix64 { get set }
}

extension Dicing {
  func dice(_ sides: Int) -> Int { Int(random.next() % UInt64(sides)) }
  func chance(_ percent: Int) -> Bool { dice(100) < percent }
  func pick<Value>(_ values: [Value]) -> Value? {
    values.isEmpty ? nil : values[dice(values.count)]
  }
}
