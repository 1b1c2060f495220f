// The lists between the records of the store, each described once. Members are inserted at the front; an
// adapter's OID requests, which are served in order, are appended.

extension Store {
  var driversOfSession: LinkedList<SessionRecord, DriverRecord> {
    @inline(__always) get { LinkedList(sessions, \.drivers, drivers, \.previous, \.next) }
  }
  var requestsOfSession: LinkedList<SessionRecord, RequestRecord> {
    @inline(__always) get { LinkedList(sessions, \.requests, requests, \.previous, \.next) }
  }
  var upcallsOfSession: LinkedList<SessionRecord, UpcallRecord> {
    @inline(__always) get { LinkedList(sessions, \.upcalls, upcalls, \.previous, \.next) }
  }
  /// A miniport driver's adapters.
  var adaptersOfDriver: LinkedList<DriverRecord, AdapterRecord> {
    @inline(__always) get { LinkedList(drivers, \.adapters, adapters, \.previous, \.next) }
  }
  /// A protocol driver's bindings, a filter driver's modules.
  var bindingsOfDriver: LinkedList<DriverRecord, BindingRecord> {
    @inline(__always) get { LinkedList(drivers, \.bindings, bindings, \.previous, \.next) }
  }
  var bindingsOfAdapter: LinkedList<AdapterRecord, BindingRecord> {
    @inline(__always) get {
      LinkedList(adapters, \.bindings, bindings, \.adapterPrevious, \.adapterNext)
    }
  }

  // MARK: Shared memory

  var blocksOfDriver: LinkedList<DriverRecord, BlockRecord> {
    @inline(__always) get { LinkedList(drivers, \.blocks, blocks, \.ownerPrevious, \.ownerNext) }
  }
  var blocksOfAdapter: LinkedList<AdapterRecord, BlockRecord> {
    @inline(__always) get { LinkedList(adapters, \.blocks, blocks, \.ownerPrevious, \.ownerNext) }
  }
  var blocksOfBinding: LinkedList<BindingRecord, BlockRecord> {
    @inline(__always) get { LinkedList(bindings, \.blocks, blocks, \.ownerPrevious, \.ownerNext) }
  }
  var blocksOfProvider: LinkedList<RegistrationRecord, BlockRecord> {
    @inline(__always) get {
      LinkedList(registrations, \.blocks, blocks, \.providerPrevious, \.providerNext)
    }
  }
  var blocksOfQueue: LinkedList<QueueRecord, BlockRecord> {
    @inline(__always) get { LinkedList(queues, \.firstBlock, blocks, \.placePrevious, \.placeNext) }
  }
  var blocksOfVPort: LinkedList<VPortRecord, BlockRecord> {
    @inline(__always) get { LinkedList(vports, \.firstBlock, blocks, \.placePrevious, \.placeNext) }
  }
  var sectionsOfProvider: LinkedList<RegistrationRecord, SectionRecord> {
    @inline(__always) get { LinkedList(registrations, \.sections, sections, \.previous, \.next) }
  }

  // MARK: What an adapter has

  var oidsOfAdapter: LinkedList<AdapterRecord, OIDRecord> {
    @inline(__always) get {
      LinkedList(adapters, \.firstOID, tail: \.lastOID, oids, \.previous, \.next)
    }
  }
  var queuesOfAdapter: LinkedList<AdapterRecord, QueueRecord> {
    @inline(__always) get { LinkedList(adapters, \.queues, queues, \.previous, \.next) }
  }
  var filtersOfAdapter: LinkedList<AdapterRecord, FilterRecord> {
    @inline(__always) get { LinkedList(adapters, \.filters, filters, \.previous, \.next) }
  }
  var vportsOfAdapter: LinkedList<AdapterRecord, VPortRecord> {
    @inline(__always) get { LinkedList(adapters, \.vports, vports, \.previous, \.next) }
  }
  var indicationsOfAdapter: LinkedList<AdapterRecord, IndicationRecord> {
    @inline(__always) get { LinkedList(adapters, \.indications, indications, \.previous, \.next) }
  }
  /// The lists of an indication that some receiver still has.
  var listsOfIndication: LinkedList<IndicationRecord, NetBufferListRecord> {
    @inline(__always) get { LinkedList(indications, \.first, lists, \.previous, \.next) }
  }
}
