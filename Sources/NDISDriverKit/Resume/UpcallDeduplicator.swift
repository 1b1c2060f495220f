// Which upcalls have been called and which have been answered, so that a handler is called once however
// often its upcall comes: after a restart the daemon calls again whatever it has no answer of. An answer
// that was sent since the last resumption is on its way and is not sent again; one from before may have
// been lost, and is.
//
// Limits: the last 1,024 answers. Ids of upcalls grow, so the usual one, newer than all before, is looked
// for nowhere. An upcall whose answer is withheld counts as called until it is answered.

/// The upcalls of a session that can be resumed. What the answers say is in `RememberedAnswers`.
struct UpcallTurns {
  /// What to do with an upcall that was read.
  enum Turn: Equatable, Sendable {
    /// Call its handler.
    case call
    /// Nothing: its answer will come, or is on its way.
    case ignore
    /// Send its answer again, unless there has been another resumption meanwhile.
    case answerAgain(epoch: UInt64)
  }

  private struct Answer {
    var id: UInt64
    /// Resumptions there had been when it was sent last.
    var epoch: UInt64
  }

  static let remembered = 1024

  /// Resumptions so far.
  private(set) var epoch: UInt64 = 0
  private var newest: UInt64 = 0
  private var running: [UInt64] = []
  private var answers: [Answer] = []
  /// The place of the next answer, which is the oldest one's.
  private var next = 0

  /// Makes room, so that nothing is allocated later.
  mutating func prepare() {
    running.reserveCapacity(64)
    answers.reserveCapacity(UpcallTurns.remembered)
  }

  /// Another daemon from here on.
  mutating func resume() { epoch += 1 }

  /// An upcall that was read.
  mutating func admit(_ id: UInt64) -> Turn {
    if id > newest {
      newest = id
    } else if running.contains(id) {
      return .ignore
    } else if let place = place(of: id) {
      let sent = answers[place].epoch
      return sent == epoch ? .ignore : .answerAgain(epoch: epoch)
    }
    running.append(id)
    return .call
  }

  /// An upcall that is being answered; where its answer is remembered.
  mutating func answer(_ id: UInt64) -> Int {
    let answer = Answer(id: id, epoch: epoch)
    if let index = running.lastIndex(of: id) {
      running.remove(at: index)
    } else if let place = place(of: id) {
      // Answered twice: the last answer counts.
      answers[place] = answer
      return place
    }
    let place = next
    next = (next + 1) % UpcallTurns.remembered
    if place < answers.count { answers[place] = answer } else { answers.append(answer) }
    return place
  }

  /// The place of an answer that is to be sent again by what `admit` said; nil when it is not any more.
  mutating func answerAgain(_ id: UInt64, epoch: UInt64) -> Int? {
    guard epoch == self.epoch, let place = place(of: id), answers[place].epoch < epoch else {
      return nil
    }
    answers[place].epoch = epoch
    return place
  }

  private func place(of id: UInt64) -> Int? { answers.firstIndex { $0.id == id } }
}
