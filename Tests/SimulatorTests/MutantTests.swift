// Prints how many mutants each table has, for `.ci/mutants`, which reads it from the run without one.

import NDISStore

#if MUTANTS
  import NDIS
  import NDISDriverInterface
  import NDISSimulator
  import Testing

  @Test func mutants() {
    print(
      "mutants routine=\(Routine.table.count) status=\(Status.named.count)",
      "adapter=\(AdapterState.table.rows.count) adapter-move=\(AdapterState.table.moves.count)",
      "queue=\(QueueState.table.rows.count) queue-move=\(QueueState.table.moves.count)",
      "vport=\(VPortState.table.rows.count) vport-move=\(VPortState.table.moves.count)",
      "check=\(AnswerCheck.allCases.count) request=\(RequestCheck.allCases.count)",
      "oid=\(OID.table.count) handler=\(DriverRoutine.table.count)",
      "report=\(Reason.reportedOnly.count) miniport-memory=\(MiniportMemoryCheck.allCases.count)",
      "capability=\(CapabilityRule.allCases.count) general-oid=\(GeneralOID.table.count)")
  }
#endif
