// A call that a handler answers: at once, later, in pieces, or with an error. A handler may keep it;
// a call whose client is gone says so and swallows what it is told. A call that nobody answers holds
// up the calls behind it on its connection, and only those.
//
// Three ways to answer more than once, all of bounded memory however slowly the client reads:
// `stream` is asked for the next piece only when there is room; `push` is for what happens whether
// there is room or not, and leaves out what does not fit; `reply(continues:)` ends the connection of
// a client that does not read.

public import NDISPlatform

/// One call of a method. Belongs to the thread of its connection.
public final class VarlinkCall {
  /// Fully qualified: interface, dot, method.
  public let method: String
  /// As they came; they have been held against the interface.
  public let parameters: JSONObject
  /// The client takes more than one reply.
  public let wantsMore: Bool
  /// The client takes no reply.
  public let isOneway: Bool
  /// Who calls, as the kernel saw it when the connection was made.
  public let peer: StreamSocket.Peer

  /// Called once, when the client goes before the call was finished.
  public var onCancel: (() -> Void)?
  /// Called when there is room again after `push` had to leave something out.
  public var onRoom: (() -> Void)?

  /// Pushes that were left out since the last one that was not.
  public private(set) var dropped = 0
  /// Answered for good, or the client is gone.
  public private(set) var isFinished = false

  /// What becomes of a reply.
  public enum Outcome: Equatable, Sendable {
    /// It is on its way.
    case accepted
    /// There was no room; see `dropped`.
    case dropped
    /// Nobody takes it: the call is finished, or it is one of several and the client asked for one.
    case refused
  }

  weak var connection: VarlinkConnection?
  /// The rest of a stream; nil if this is none.
  var nextStep: (() -> StreamStep)?
  /// The stream has said that it has nothing now.
  private(set) var streamRests = false
  /// Whether `resume` was called since the stream was last asked.
  private var resumed = false

  init(_ message: CallMessage, peer: StreamSocket.Peer, connection: VarlinkConnection) {
    method = message.method
    parameters = message.parameters
    wantsMore = message.wantsMore
    isOneway = message.isOneway
    self.peer = peer
    self.connection = connection
  }

  /// Answers.
  ///
  /// - Parameter continues: there will be another reply; only for a client that wants more.
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

  /// One reply of several, made only if there is room for it.
  ///
  /// - Parameter make: is told how many were left out since the last reply.
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

  /// Answers with an error.
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

  /// Answers with a declared error.
  @discardableResult
  public func fail<Failure: VarlinkErrorValue>(_ error: Failure) -> Outcome {
    guard case .object(let parameters) = error.json else { return fail(Failure.name) }
    return fail(Failure.name, parameters)
  }

  /// Answers piece by piece. `next` is called when there is room, until it says that it is done; the
  /// client must have called with `more`, else it gets ExpectedMore.
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

  /// Goes on with a stream that had said `later`.
  public func resume() {
    resumed = true
    guard streamRests else { return }
    streamRests = false
    connection?.noteWork()
  }

  /// The next piece, put among the replies.
  func takeStep() {
    resumed = false
    guard let step = nextStep?() else { return }
    // The closure may have answered or failed the call itself.
    guard !isFinished else { return }
    switch step {
    case .reply(let parameters):
      connection?.send(ReplyMessage(parameters: parameters, continues: true))
    case .last(let parameters): reply(parameters)
    case .failed(let name, let parameters): fail(name, parameters)
    // What came while the stream was being asked must not be missed.
    case .later: streamRests = !resumed
    }
  }

  /// The output has room again.
  func roomAgain() {
    if dropped > 0 { onRoom?() }
  }

  /// The client is gone.
  func cancel() {
    guard !isFinished else { return }
    let onCancel = self.onCancel
    finish()
    onCancel?()
  }

  /// Lets go of what the handler gave, which may hold on to the call itself.
  private func finish() {
    isFinished = true
    onCancel = nil
    onRoom = nil
    nextStep = nil
  }
}

/// What a stream has next.
public enum StreamStep: Sendable {
  /// A reply, and there will be another one.
  case reply(JSONObject)
  /// The last reply.
  case last(JSONObject)
  /// An error, by its full name, in place of the last reply.
  case failed(String, JSONObject)
  /// Nothing now; `VarlinkCall.resume` says when there is.
  case later
}

/// A call with the types of its method.
public struct TypedCall<Method: VarlinkMethod> {
  public let call: VarlinkCall
  public let input: Method.Input

  /// Who calls.
  public var peer: StreamSocket.Peer { call.peer }
  /// The client takes more than one reply.
  public var wantsMore: Bool { call.wantsMore }

  /// Answers.
  @discardableResult
  public func reply(_ output: Method.Output, continues: Bool = false) -> VarlinkCall.Outcome {
    call.reply(Self.parameters(output), continues: continues)
  }

  /// One reply of several, made only if there is room for it.
  @discardableResult
  public func push(_ make: (_ dropped: Int) -> Method.Output) -> VarlinkCall.Outcome {
    call.push { Self.parameters(make($0)) }
  }

  /// Answers with a declared error.
  @discardableResult
  public func fail<Failure: VarlinkErrorValue>(_ error: Failure) -> VarlinkCall.Outcome {
    call.fail(error)
  }

  /// What a typed stream has next.
  public enum Step {
    case reply(Method.Output)
    case last(Method.Output)
    case failed(any VarlinkErrorValue)
    case later
  }

  /// Answers piece by piece, see `VarlinkCall.stream`.
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
