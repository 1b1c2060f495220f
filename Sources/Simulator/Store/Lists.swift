// The intrusive lists: an owner's blocks, a provider's blocks and sections, a driver's children, an
// adapter's bindings, a session's drivers, requests and upcalls. New members go to the front; only in an
// adapter's OID requests, which are served in order, they go to the back.

import NDIS

extension Simulator {
  // MARK: A session's drivers

  func link(driver index: UInt32, session: UInt32) {
    let first = store.sessions[session, \.drivers]
    store.drivers.update(index) {
      $0.session = Ref(session)
      $0.previous = .none
      $0.next = first
    }
    if let first = first.optional { store.drivers.update(first) { $0.previous = Ref(index) } }
    store.sessions.update(session) { $0.drivers = Ref(index) }
  }

  func unlink(driver index: UInt32) {
    let driver = store.drivers[index]
    if let previous = driver.previous.optional {
      store.drivers.update(previous) { $0.next = driver.next }
    } else {
      store.sessions.update(driver.session.index) { $0.drivers = driver.next }
    }
    if let next = driver.next.optional {
      store.drivers.update(next) { $0.previous = driver.previous }
    }
  }

  // MARK: A driver's adapters, or its bindings and modules

  func link(adapter index: UInt32, driver: UInt32) {
    let first = store.drivers[driver, \.children]
    store.adapters.update(index) {
      $0.driver = Ref(driver)
      $0.previous = .none
      $0.next = first
    }
    if let first = first.optional { store.adapters.update(first) { $0.previous = Ref(index) } }
    store.drivers.update(driver) { $0.children = Ref(index) }
  }

  func unlink(adapter index: UInt32) {
    let adapter = store.adapters[index]
    if let previous = adapter.previous.optional {
      store.adapters.update(previous) { $0.next = adapter.next }
    } else {
      store.drivers.update(adapter.driver.index) { $0.children = adapter.next }
    }
    if let next = adapter.next.optional {
      store.adapters.update(next) { $0.previous = adapter.previous }
    }
  }

  func link(binding index: UInt32, driver: UInt32, adapter: UInt32) {
    let first = store.drivers[driver, \.children]
    let adapterFirst = store.adapters[adapter, \.bindings]
    store.bindings.update(index) {
      $0.driver = Ref(driver)
      $0.adapter = Ref(adapter)
      $0.previous = .none
      $0.next = first
      $0.adapterPrevious = .none
      $0.adapterNext = adapterFirst
    }
    if let first = first.optional { store.bindings.update(first) { $0.previous = Ref(index) } }
    if let first = adapterFirst.optional {
      store.bindings.update(first) { $0.adapterPrevious = Ref(index) }
    }
    store.drivers.update(driver) { $0.children = Ref(index) }
    store.adapters.update(adapter) { $0.bindings = Ref(index) }
  }

  func unlink(binding index: UInt32) {
    let binding = store.bindings[index]
    if let previous = binding.previous.optional {
      store.bindings.update(previous) { $0.next = binding.next }
    } else {
      store.drivers.update(binding.driver.index) { $0.children = binding.next }
    }
    if let next = binding.next.optional {
      store.bindings.update(next) { $0.previous = binding.previous }
    }
    if let previous = binding.adapterPrevious.optional {
      store.bindings.update(previous) { $0.adapterNext = binding.adapterNext }
    } else {
      store.adapters.update(binding.adapter.index) { $0.bindings = binding.adapterNext }
    }
    if let next = binding.adapterNext.optional {
      store.bindings.update(next) { $0.adapterPrevious = binding.adapterPrevious }
    }
  }

  // MARK: An owner's blocks

  func firstBlock(_ kind: OwnerKind, _ owner: UInt32) -> Ref {
    switch kind {
    case .driver: store.drivers[owner, \.blocks]
    case .adapter: store.adapters[owner, \.blocks]
    case .binding: store.bindings[owner, \.blocks]
    }
  }

  private func setFirstBlock(_ kind: OwnerKind, _ owner: UInt32, _ block: Ref) {
    switch kind {
    case .driver: store.drivers.update(owner) { $0.blocks = block }
    case .adapter: store.adapters.update(owner) { $0.blocks = block }
    case .binding: store.bindings.update(owner) { $0.blocks = block }
    }
  }

  func linkToOwner(block index: UInt32, _ kind: OwnerKind, _ owner: UInt32) {
    let first = firstBlock(kind, owner)
    store.blocks.update(index) {
      $0.ownerKind = kind.rawValue
      $0.owner = Ref(owner)
      $0.ownerPrevious = .none
      $0.ownerNext = first
    }
    if let first = first.optional { store.blocks.update(first) { $0.ownerPrevious = Ref(index) } }
    setFirstBlock(kind, owner, Ref(index))
  }

  mutating func unlinkFromOwner(block index: UInt32) {
    let block = store.blocks[index]
    guard let kind = OwnerKind(rawValue: block.ownerKind) else { return }
    if let previous = block.ownerPrevious.optional {
      store.blocks.update(previous) { $0.ownerNext = block.ownerNext }
    } else {
      setFirstBlock(kind, block.owner.index, block.ownerNext)
    }
    if let next = block.ownerNext.optional {
      store.blocks.update(next) { $0.ownerPrevious = block.ownerPrevious }
    }
    if !block.place.isNone { unlinkFromPlace(block: index) }
    store.blocks.update(index) {
      $0.ownerKind = 0
      $0.owner = .none
    }
  }

  // MARK: A provider's blocks and sections

  func linkToProvider(block index: UInt32, _ registration: UInt32) {
    let first = store.registrations[registration, \.blocks]
    store.blocks.update(index) {
      $0.registration = Ref(registration)
      $0.providerPrevious = .none
      $0.providerNext = first
    }
    if let first = first.optional {
      store.blocks.update(first) { $0.providerPrevious = Ref(index) }
    }
    store.registrations.update(registration) {
      $0.blocks = Ref(index)
      $0.blockCount &+= 1
      $0.bytes &+= UInt64(store.blocks[index, \.length])
    }
  }

  func unlinkFromProvider(block index: UInt32) {
    let block = store.blocks[index]
    if let previous = block.providerPrevious.optional {
      store.blocks.update(previous) { $0.providerNext = block.providerNext }
    } else {
      store.registrations.update(block.registration.index) { $0.blocks = block.providerNext }
    }
    if let next = block.providerNext.optional {
      store.blocks.update(next) { $0.providerPrevious = block.providerPrevious }
    }
    store.registrations.update(block.registration.index) {
      $0.blockCount &-= 1
      $0.bytes &-= UInt64(block.length)
    }
  }

  func link(section index: UInt32, registration: UInt32) {
    let first = store.registrations[registration, \.sections]
    store.sections.update(index) {
      $0.registration = Ref(registration)
      $0.previous = .none
      $0.next = first
    }
    if let first = first.optional { store.sections.update(first) { $0.previous = Ref(index) } }
    store.registrations.update(registration) { $0.sections = Ref(index) }
  }

  func unlink(section index: UInt32) {
    let section = store.sections[index]
    if let previous = section.previous.optional {
      store.sections.update(previous) { $0.next = section.next }
    } else {
      store.registrations.update(section.registration.index) { $0.sections = section.next }
    }
    if let next = section.next.optional {
      store.sections.update(next) { $0.previous = section.previous }
    }
  }

  // MARK: A session's requests and upcalls

  func link(request index: UInt32, session: UInt32) {
    let first = store.sessions[session, \.requests]
    store.requests.update(index) {
      $0.session = Ref(session)
      $0.previous = .none
      $0.next = first
    }
    if let first = first.optional { store.requests.update(first) { $0.previous = Ref(index) } }
    store.sessions.update(session) { $0.requests = Ref(index) }
  }

  func unlink(request index: UInt32) {
    let request = store.requests[index]
    guard let session = request.session.optional else { return }
    if let previous = request.previous.optional {
      store.requests.update(previous) { $0.next = request.next }
    } else {
      store.sessions.update(session) { $0.requests = request.next }
    }
    if let next = request.next.optional {
      store.requests.update(next) { $0.previous = request.previous }
    }
  }

  func link(upcall index: UInt32, session: UInt32) {
    let first = store.sessions[session, \.upcalls]
    store.upcalls.update(index) {
      $0.session = Ref(session)
      $0.previous = .none
      $0.next = first
    }
    if let first = first.optional { store.upcalls.update(first) { $0.previous = Ref(index) } }
    store.sessions.update(session) { $0.upcalls = Ref(index) }
  }

  func unlink(upcall index: UInt32) {
    let upcall = store.upcalls[index]
    guard let session = upcall.session.optional else { return }
    if let previous = upcall.previous.optional {
      store.upcalls.update(previous) { $0.next = upcall.next }
    } else {
      store.sessions.update(session) { $0.upcalls = upcall.next }
    }
    if let next = upcall.next.optional {
      store.upcalls.update(next) { $0.previous = upcall.previous }
    }
  }

  // MARK: An adapter's OID requests

  func link(oid index: UInt32, adapter: UInt32) {
    let last = store.adapters[adapter, \.lastOID]
    store.oids.update(index) {
      $0.adapter = Ref(adapter)
      $0.previous = last
      $0.next = .none
      $0.isLinked = 1
    }
    if let last = last.optional { store.oids.update(last) { $0.next = Ref(index) } }
    store.adapters.update(adapter) {
      if last.isNone { $0.firstOID = Ref(index) }
      $0.lastOID = Ref(index)
    }
  }

  func unlink(oid index: UInt32) {
    let oid = store.oids[index]
    guard oid.isLinked != 0 else { return }
    if let previous = oid.previous.optional {
      store.oids.update(previous) { $0.next = oid.next }
    } else {
      store.adapters.update(oid.adapter.index) { $0.firstOID = oid.next }
    }
    if let next = oid.next.optional {
      store.oids.update(next) { $0.previous = oid.previous }
    } else {
      store.adapters.update(oid.adapter.index) { $0.lastOID = oid.previous }
    }
    store.oids.update(index) {
      $0.previous = .none
      $0.next = .none
      $0.isLinked = 0
    }
  }
}
