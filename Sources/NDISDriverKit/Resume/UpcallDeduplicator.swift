// Which upcalls are running and which were answered, so that a handler is called exactly once: after a restart
// the daemon repeats the upcalls that it has no answer to. An answer sent since the last resumption is in
// flight and not retransmitted; an earlier one may be lost, and is.
//
// Limits: the last 1,024 answers. Ids of upcalls increase, so a new one needs no search. An upcall whose answer
// is suppressed counts as running until it is answered.

/// The upcalls of a resumable session. The answers are in `ReplayCache`.
struct UpcallDeduplicator {
  /// How to handle a received upcall.
  enum Turn: Equatable, Sendable {
    /// Call its handler.
    case call
    /// Ignore it: its handler is running, or its answer is in flight.
    case ignore
    /// Retransmit its answer, unless there was another resumption meanwhile.
    case resendAnswer(epoch: UInt64)
  }

  private struct Answer {
    var id: UInt64
    /// The epoch in which it was last sent.
    var epoch: UInt64
  }

  static let remembered = 1024

  /// The number of resumptions.
  private(set) var epoch: UInt64 = 0
  private var newest: UInt64 = 0
  private var running: [UInt64] = []
  private var answers: [Answer] = []
  /// The index of the next answer, which is that of the oldest one.
  private var next = 0

  /// Reserves capacity, so that nothing is allocated later.
  mutating func prepare() {
    running.reserveCapacity(64)
    answers.reserveCapacity(UpcallDeduplicator.remembered)
  }

  /// A new daemon continues the session.
  mutating func resume() { epoch += 1 }

  /// A received upcall.
  mutating func admit(_ id: UInt64) -> Turn {
    if id > newest {
      newest = id
    } else if running.contains(id) {
      return .ignore
    } else if let place = place(of: id) {
      let sent = answers[place].epoch
      return sent == epoch ? .ignore : .resendAnswer(epoch: epoch)
    }
    running.append(id)
    return .call
  }

  /// An upcall that is being answered; returns the index of its answer in the cache.
  mutating func answer(_ id: UInt64) -> Int {
    let answer = Answer(id: id, epoch: epoch)
    if let index = running.lastIndex(of: id) {
      running.remove(at: index)
    } else if let place = place(of: id) {
      // Answered twice: the last answer is used.
      answers[place] = answer
      return place
    }
    let place = next
    next = (next + 1) % UpcallDeduplicator.remembered
    if place < answers.count { answers[place] = answer } else { answers.append(answer) }
    return place
  }

  /// The index of an answer to be retransmitted according to `admit`; nil if that is obsolete.
  mutating func resendAnswer(_ id: UInt64, epoch: UInt64) -> Int? {
    guard epoch == self.epoch, let place = place(of: id), answers[place].epoch < epoch else {
      return nil
    }
    answers[place].epoch = epoch
    return place
  }

  private func place(of id: UInt64) -> Int? { answers.firstIndex { $0.id == id } }
}
