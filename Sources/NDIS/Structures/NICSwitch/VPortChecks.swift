// The checks NDIS makes of a VPort's parameters before the miniport receives them: "If the parameters are in error,
// NDIS fails the OID method request" (creating-a-virtual-port). The numbers of VPorts and queue pairs are checked
// against the adapter's (Simulator/Queues/VPortLimits.swift).

extension VPortParameters {
  /// Checks NDIS makes for OID_NIC_SWITCH_CREATE_VPORT: the default switch, no id yet, no CHANGED flag, no
  /// lookahead, one or more queue pairs, the state in which the VPort is created (A49), and on the physical
  /// function exactly one processor. Whether the function may have a VPort is checked against the state.
  public func checkCreation() throws(Failure) {
    try checkFlags(flags.rawValue, known: VPortFlags.properties.rawValue)
    guard switchID == 0 else {
      throw Failure(.invalidParameter, .switchUnknown, UInt64(switchID))
    }
    guard vportID == 0 else {
      throw Failure(.invalidParameter, .vportIDGiven, UInt64(vportID))
    }
    try checkLookahead()
    let isPhysical = attachedFunction == .physical
    let created: VPortOperationalState = isPhysical ? .deactivated : .activated
    guard RequestCheck.vportState.passes(state == created || state == .undefined) else {
      throw wrongState
    }
    // "This field is valid only for VPorts that are attached to the PF."
    let hasOne = processorAffinity.mask.nonzeroBitCount == 1
    guard RequestCheck.vportProcessor.passes(!isPhysical || hasOne) else {
      throw Failure(.invalidParameter, .vportProcessor, processorAffinity.mask)
    }
    guard RequestCheck.vportQueuePairs.passes(numQueuePairs >= 1) else {
      throw Failure(.invalidParameter, .queuePairs, 0, UInt64(UInt32.max))
    }
  }

  /// These parameters after the set request `change`, whose CHANGED flags select the fields. Fails if it
  /// selects none, a field outside its revision, or a state other than Activated. Whether the VPort may be
  /// activated now is checked against its state.
  public func applying(_ change: VPortParameters) throws(Failure) -> VPortParameters {
    let known = VPortFlags.properties.union(.changes(of: change.revision))
    try checkFlags(change.flags.rawValue, known: known.rawValue)
    try change.checkLookahead()
    let changes = change.flags.subtracting(.properties)
    guard !changes.isEmpty else { throw Failure(.invalidParameter, .nothingChanged) }
    var result = self
    if changes.contains(.flagsChanged) { result.flags = change.flags.intersection(.properties) }
    if changes.contains(.nameChanged) { result.name = change.name }
    if changes.contains(.interruptModerationChanged) {
      result.interruptModeration = change.interruptModeration
    }
    if changes.contains(.stateChanged) {
      guard change.state == .activated else { throw change.wrongState }
      result.state = .activated
    }
    if changes.contains(.processorAffinityChanged) {
      try checkAffinity(change.processorAffinity)
      result.processorAffinity = change.processorAffinity
    }
    if changes.contains(.qosSQChanged) { result.qosSQID = change.qosSQID }
    if changes.contains(.numQueuePairsChanged) { result.numQueuePairs = change.numQueuePairs }
    return result
  }

  /// "The processor affinity of a VPort can only be updated if the VPort is attached to the PF." It names at least
  /// one processor; only a creation is limited to one (A50).
  private func checkAffinity(_ affinity: GroupAffinity) throws(Failure) {
    guard RequestCheck.vportOfFunction.passes(attachedFunction == .physical) else {
      throw Failure(
        .invalidParameter, .vportOfFunction, UInt64(vportID), UInt64(attachedFunction.rawValue))
    }
    guard RequestCheck.vportAffinity.passes(affinity.mask != 0) else {
      throw Failure(.invalidParameter, .processorAffinity, UInt64(affinity.group))
    }
  }

  /// "This member is reserved for future use. This member must be set to zero."
  private func checkLookahead() throws(Failure) {
    guard RequestCheck.vportLookahead.passes(lookaheadSize == 0) else {
      throw Failure(.invalidParameter, .lookahead, UInt64(lookaheadSize))
    }
  }

  private var wrongState: Failure {
    Failure(.invalidParameter, .vportState, UInt64(UInt32(bitPattern: state.rawValue)))
  }
}
