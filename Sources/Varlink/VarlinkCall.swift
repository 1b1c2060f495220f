// A call to which a handler replies: immediately, later, in pieces, or with an error. A handler may retain
// it; replies are refused once the client has disconnected. An unanswered call blocks later calls on its
// connection, but no other connection.
//
// There are three ways to send several replies, all with bounded memory for a slow client: `stream` pulls the
// next piece only when there is space; `push` is for events, and drops those for which there is no space;
// `reply(continues:)` closes the connection of a client that does not read.

public import NDISPlatform

/// A method call. Confined to the thread of its connection.
public final class VarlinkCall {
  /// Fully qualified: interface, dot, method.
  public let method: String
  /// As received; they have been validated against the interface.
  public let parameters: JSONObject
  /// The client accepts several replies.
  public let wantsMore: Bool
  /// The client expects no reply.
  public let isOneway: Bool
  /// The peer's credentials at the time of the connection.
  public let peer: StreamSocket.Peer

  /// Called once if the client disconnects before the call is finished.
  public var onCancel: (() -> Void)?
  /// Called when there is space again after `push` has dropped a reply.
  public var onRoom: (() -> Void)?

  /// Number of replies dropped by `push` since the last successful one.
  public private(set) var dropped = 0
  /// The last reply was sent, or the client has disconnected.
  public private(set) var isFinished = false

  /// The outcome of a reply.
  public enum Outcome: Equatable, Sendable {
    /// It was queued for output.
    case accepted
    /// There was no space; see `dropped`.
    case dropped
    /// Not sent: the call is finished, or the client did not ask for several replies.
    case refused
  }

  weak var connection: VarlinkConnection?
  /// Produces the next piece of a stream; nil for other calls.
  var nextStep: (() -> StreamStep)?
  /// The stream has returned `later`.
  private(set) var streamRests = false
  /// Whether `resume` has been called since the last piece was pulled.
  private var resumed = false

  init(_ message: CallMessage, peer: StreamSocket.Peer, connection: VarlinkConnection) {
    method = message.method
    parameters = message.parameters
    wantsMore = message.wantsMore
    isOneway = message.isOneway
    self.peer = peer
    self.connection = connection
  }

  /// Sends a reply.
  ///
  /// - Parameter continues: more replies follow; requires `wantsMore`.
  @discardableResult
  public func reply(_ parameters: JSONObject, continues: Bool = false) -> Outcome {
    guard !isFinished, wantsMore || !continues, let connection else { return .refused }
    if !continues { finish() }
    if isOneway {
      if !continues { connection.callFinished() }
      return .accepted
    }
    if continues, !connection.hasRoom {
      connection.end(
        "\(connection.pendingOutput) bytes wait to be read and the client does not read them")
      return .refused
    }
    connection.send(ReplyMessage(parameters: parameters, continues: continues))
    if !continues { connection.callFinished() }
    return .accepted
  }

  /// Sends one of several replies if there is space for it.
  ///
  /// - Parameter make: receives the number of replies dropped since the last one.
  @discardableResult
  public func push(_ make: (_ dropped: Int) -> JSONObject) -> Outcome {
    guard !isFinished, wantsMore, let connection else { return .refused }
    guard connection.hasRoom else {
      dropped &+= 1
      return .dropped
    }
    let parameters = make(dropped)
    dropped = 0
    connection.send(ReplyMessage(parameters: parameters, continues: true))
    return .accepted
  }

  /// Sends an error.
  ///
  /// - Parameter error: its full name.
  @discardableResult
  public func fail(_ error: String, _ parameters: JSONObject = JSONObject()) -> Outcome {
    guard !isFinished, let connection else { return .refused }
    finish()
    if !isOneway { connection.send(ReplyMessage(parameters: parameters, error: error)) }
    connection.callFinished()
    return .accepted
  }

  /// Sends a declared error.
  @discardableResult
  public func fail<Failure: VarlinkErrorValue>(_ error: Failure) -> Outcome {
    guard case .object(let parameters) = error.json else { return fail(Failure.name) }
    return fail(Failure.name, parameters)
  }

  /// Replies piece by piece: `next` is called when there is space, until it returns the last piece. A client
  /// that has not called with `more` gets ExpectedMore.
  public func stream(_ next: @escaping () -> StreamStep) {
    guard !isFinished, let connection else { return }
    guard wantsMore else {
      fail(VarlinkService.ExpectedMore())
      return
    }
    nextStep = next
    streamRests = false
    connection.noteWork()
  }

  /// Continues a stream that has returned `later`.
  public func resume() {
    resumed = true
    guard streamRests else { return }
    streamRests = false
    connection?.noteWork()
  }

  /// Pulls the next piece and sends it.
  func takeStep() {
    resumed = false
    guard let step = nextStep?() else { return }
    // The closure may have finished the call itself.
    guard !isFinished else { return }
    switch step {
    case .reply(let parameters):
      connection?.send(ReplyMessage(parameters: parameters, continues: true))
    case .last(let parameters): reply(parameters)
    case .failed(let name, let parameters): fail(name, parameters)
    // A `resume` during the closure must not be missed.
    case .later: streamRests = !resumed
    }
  }

  /// The output has space again.
  func roomAgain() {
    if dropped > 0 { onRoom?() }
  }

  /// The client has disconnected.
  func cancel() {
    guard !isFinished else { return }
    let onCancel = self.onCancel
    finish()
    onCancel?()
  }

  /// Releases the handler's closures, which may retain the call.
  private func finish() {
    isFinished = true
    onCancel = nil
    onRoom = nil
    nextStep = nil
  }
}

/// The next piece of a stream.
public enum StreamStep: Sendable {
  /// A reply that others follow.
  case reply(JSONObject)
  /// The last reply.
  case last(JSONObject)
  /// An error with its full name, as the last reply.
  case failed(String, JSONObject)
  /// Nothing now; `VarlinkCall.resume` continues the stream.
  case later
}

/// A call with its method's types.
public struct TypedCall<Method: VarlinkMethod> {
  public let call: VarlinkCall
  public let input: Method.Input

  /// The peer's credentials.
  public var peer: StreamSocket.Peer { call.peer }
  /// The client accepts several replies.
  public var wantsMore: Bool { call.wantsMore }

  /// Sends a reply.
  @discardableResult
  public func reply(_ output: Method.Output, continues: Bool = false) -> VarlinkCall.Outcome {
    call.reply(Self.parameters(output), continues: continues)
  }

  /// Sends one of several replies if there is space for it.
  @discardableResult
  public func push(_ make: (_ dropped: Int) -> Method.Output) -> VarlinkCall.Outcome {
    call.push { Self.parameters(make($0)) }
  }

  /// Sends a declared error.
  @discardableResult
  public func fail<Failure: VarlinkErrorValue>(_ error: Failure) -> VarlinkCall.Outcome {
    call.fail(error)
  }

  /// The next piece of a typed stream.
  public enum Step {
    case reply(Method.Output)
    case last(Method.Output)
    case failed(any VarlinkErrorValue)
    case later
  }

  /// Replies piece by piece, see `VarlinkCall.stream`.
  public func stream(_ next: @escaping () -> Step) {
    call.stream {
      switch next() {
      case .reply(let output): .reply(Self.parameters(output))
      case .last(let output): .last(Self.parameters(output))
      case .failed(let error): .failed(type(of: error).name, Self.members(error.json))
      case .later: .later
      }
    }
  }

  private static func parameters(_ output: Method.Output) -> JSONObject { members(output.json) }

  private static func members(_ json: JSON) -> JSONObject {
    if case .object(let object) = json { object } else { JSONObject() }
  }
}
