// The envelopes of calls and replies. Members with a dot in their names are extensions and may be ignored;
// any other unknown member ends the connection, as the standard requires.

/// Why a message is invalid.
struct MessageProblem: Error, Equatable {
  let reason: String
}

/// A message from a client.
struct CallMessage: Equatable {
  var method: String
  var parameters = JSONObject()
  var isOneway = false
  var wantsMore = false
  var wantsUpgrade = false

  /// Maximum length of a method's full name in bytes.
  static let maximumName = 512

  init(method: String, parameters: JSONObject, isOneway: Bool = false, wantsMore: Bool = false) {
    self.method = method
    self.parameters = parameters
    self.isOneway = isOneway
    self.wantsMore = wantsMore
  }

  init(_ json: JSON) throws(MessageProblem) {
    guard case .object(let object) = json else {
      throw MessageProblem(reason: "a call is an object and not \(json.kind)")
    }
    var method: String?
    self.init(method: "", parameters: JSONObject())
    for member in object.members {
      switch (member.name, member.value) {
      case ("method", .string(let name)): method = name
      case ("parameters", .object(let parameters)): self.parameters = parameters
      case ("oneway", .bool(let value)): isOneway = value
      case ("more", .bool(let value)): wantsMore = value
      case ("upgrade", .bool(let value)): wantsUpgrade = value
      case ("parameters", .null), ("oneway", .null), ("more", .null), ("upgrade", .null): break
      case ("method", let value), ("parameters", let value), ("oneway", let value),
        ("more", let value), ("upgrade", let value):
        throw MessageProblem(reason: "\"\(member.name)\" of a call is \(value.kind)")
      case (let name, _) where name.contains("."): break
      case (let name, _):
        let shown = JSON.string(String(name.prefix(40))).text
        throw MessageProblem(reason: "a call has no member \(shown)")
      }
    }
    guard let method else { throw MessageProblem(reason: "a call without a method") }
    guard method.utf8.count <= Self.maximumName else {
      throw MessageProblem(reason: "the name of a method has \(method.utf8.count) bytes")
    }
    // These flags are mutually exclusive.
    guard [isOneway, wantsMore, wantsUpgrade].filter({ $0 }).count <= 1 else {
      throw MessageProblem(reason: "a call wants more than one of oneway, more and upgrade")
    }
    self.method = method
  }

  /// Appends the message and its terminating NUL.
  func write(to bytes: inout [UInt8]) {
    var object: JSONObject = ["method": .string(method)]
    if !parameters.isEmpty { object["parameters"] = .object(parameters) }
    if isOneway { object["oneway"] = true }
    if wantsMore { object["more"] = true }
    JSON.object(object).write(to: &bytes)
    bytes.append(0)
  }
}

/// A message from a server.
struct ReplyMessage: Equatable {
  var parameters = JSONObject()
  var error: String?
  var continues = false

  init(parameters: JSONObject, error: String? = nil, continues: Bool = false) {
    self.parameters = parameters
    self.error = error
    self.continues = continues
  }

  init(_ json: JSON) throws(MessageProblem) {
    guard case .object(let object) = json else {
      throw MessageProblem(reason: "a reply is an object and not \(json.kind)")
    }
    self.init(parameters: JSONObject())
    for member in object.members {
      switch (member.name, member.value) {
      case ("parameters", .object(let parameters)): self.parameters = parameters
      case ("error", .string(let name)): error = name
      case ("continues", .bool(let value)): continues = value
      case ("parameters", .null), ("error", .null), ("continues", .null): break
      case ("parameters", let value), ("error", let value), ("continues", let value):
        throw MessageProblem(reason: "\"\(member.name)\" of a reply is \(value.kind)")
      case (let name, _) where name.contains("."): break
      case (let name, _):
        let shown = JSON.string(String(name.prefix(40))).text
        throw MessageProblem(reason: "a reply has no member \(shown)")
      }
    }
    if error != nil, continues {
      throw MessageProblem(reason: "an error is the last reply, and this one says it is not")
    }
  }

  /// Appends the message and its terminating NUL.
  func write(to bytes: inout [UInt8]) {
    var object = JSONObject()
    if let error { object["error"] = .string(error) }
    if !parameters.isEmpty { object["parameters"] = .object(parameters) }
    if continues { object["continues"] = true }
    JSON.object(object).write(to: &bytes)
    bytes.append(0)
  }
}
