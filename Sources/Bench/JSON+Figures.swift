// Measured values in JSON: at most three decimals, and integers without any.

package import NDISVarlink

extension JSON {
  /// A measured value, rounded to three decimals; null if it is not finite.
  package static func figure(_ value: Double) -> JSON {
    guard value.isFinite, value.magnitude < 1e15 else { return .null }
    let thousandths = (value * 1_000).rounded()
    let whole = (thousandths / 1_000).rounded()
    return whole * 1_000 == thousandths ? .int(Int64(whole)) : .double(thousandths / 1_000)
  }

  /// The same value with every number in it as a figure.
  var figures: JSON {
    switch self {
    case .double(let value): return .figure(value)
    case .array(let elements): return .array(elements.map(\.figures))
    case .object(let object):
      var result = JSONObject()
      for member in object.members { result[member.name] = member.value.figures }
      return .object(result)
    default: return self
    }
  }
}
