// Our client against somebody else's server: every call of the certification, in order.

import NDISVarlink

typealias Certification = CertificationInterface

/// Runs the whole certification; throws at the first thing that is not as it should be.
func certify(_ path: String) throws {
  let client = try VarlinkClient.connect(path: path, timeoutMilliseconds: 20_000)
  let id = try client.call(Certification.Start.self, .init()).clientId
  let one = try client.call(Certification.Test01.self, .init(clientId: id))
  let two = try client.call(Certification.Test02.self, .init(clientId: id, bool: one.bool))
  let three = try client.call(Certification.Test03.self, .init(clientId: id, int: two.int))
  let four = try client.call(Certification.Test04.self, .init(clientId: id, float: three.float))
  let five = try client.call(Certification.Test05.self, .init(clientId: id, string: four.string))
  let six = try client.call(
    Certification.Test06.self,
    .init(
      clientId: id, bool: five.bool, int: five.int, float: five.float, string: five.string))
  let seven = try client.call(
    Certification.Test07.self,
    .init(
      clientId: id,
      struct: .init(
        bool: six.struct.bool, int: six.struct.int, float: six.struct.float,
        string: six.struct.string)))
  let eight = try client.call(Certification.Test08.self, .init(clientId: id, map: seven.map))
  let set = eight.set.mapValues { _ in Certification.Test09.Input.Set() }
  let nine = try client.call(Certification.Test09.self, .init(clientId: id, set: set))
  var strings: [String] = []
  try client.callMore(
    Certification.Test10.self, .init(clientId: id, mytype: nine.mytype)
  ) { output in
    strings.append(output.string)
    return true
  }
  try client.callOneway(
    Certification.Test11.self, .init(clientId: id, lastMoreReplies: strings))
  guard try client.call(Certification.End.self, .init(clientId: id)).allOk else {
    throw VarlinkFailure.brokenProtocol("the server is not content")
  }
}
