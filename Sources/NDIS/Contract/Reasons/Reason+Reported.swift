// Reasons that no call fails for: an event is all there is of them. What is reported in this way only can get lost
// without a status being wrong, so the mutation test leaves out each.

extension Reason {
  /// In the order of the mutants.
  public static let reportedOnly: [Reason] = [
    .queueMemoryInUse, .listsHeld, .requestsLeft, .freeInShutdown, .queuesLeft, .indicationsLeft,
    .queueMemoryLeft, .dmaStoppedMissing, .unexpectedDmaStopped, .freeWithOtherHandle,
    .writtenAfterFree, .listsNotReturned, .dmaChannelReleased, .dmaChannelLeft,
    .statusSource,
  ]

  #if MUTANTS
    /// Whether the mutant of this process does not report the reason.
    public static func isLeftOut(_ reason: Reason) -> Bool {
      guard let row = reportedOnly.firstIndex(of: reason) else { return false }
      return Mutant.isRow(row, of: "report")
    }
  #endif
}
