// Prints how many mutants each table has, for `.ci/mutants`, which reads it from the run without one.

#if MUTANTS
  import NDIS
  import NDISDriverInterface
  import NDISSimulator
  import Testing

  @Test func mutants() {
    print(
      "mutants routine=\(Routine.table.count) status=\(Status.named.count)",
      "state=\(AdapterState.table.count) check=\(AnswerCheck.allCases.count)",
      "queue=\(QueueState.table.count) vport=\(VPortState.table.count)",
      "oid=\(OID.table.count) handler=\(DriverRoutine.table.count)")
  }
#endif
