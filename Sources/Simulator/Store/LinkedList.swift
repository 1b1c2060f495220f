// Intrusive doubly linked lists: a reference to the first member in the owner, and to its neighbours in each
// member. A list is described once, by the key paths of these fields; `StoreLists.swift` has all of them.
// Everything is inlined into the caller, where the key paths are constants and cost nothing.
//
// New members go to the front (`insert`), or to the back of a list that has a tail (`append`).

/// One list of each record of `Owners`, of records of `Members`.
struct LinkedList<Owners: StoreRecord, Members: StoreRecord>
where Owners.Key == Owners, Members.Key == Members {
  let owners: Table<Owners>
  let members: Table<Members>
  /// In the owner.
  let head: WritableKeyPath<Owners, Ref<Members>>
  let tail: WritableKeyPath<Owners, Ref<Members>>?
  /// In a member.
  let previous: WritableKeyPath<Members, Ref<Members>>
  let next: WritableKeyPath<Members, Ref<Members>>

  @inline(__always)
  init(
    _ owners: Table<Owners>, _ head: WritableKeyPath<Owners, Ref<Members>>,
    tail: WritableKeyPath<Owners, Ref<Members>>? = nil, _ members: Table<Members>,
    _ previous: WritableKeyPath<Members, Ref<Members>>,
    _ next: WritableKeyPath<Members, Ref<Members>>
  ) {
    self.owners = owners
    self.members = members
    self.head = head
    self.tail = tail
    self.previous = previous
    self.next = next
  }

  /// The first member; none of an empty list.
  @inline(__always)
  func first(of owner: Index<Owners>) -> Ref<Members> { owners[owner, head] }

  /// Makes a record the first member; `fill` writes its other fields in the same change.
  @inline(__always)
  func insert(
    _ member: Index<Members>, in owner: Index<Owners>,
    _ fill: (inout Members) -> Void = { _ in }
  ) {
    let first = owners[owner, head]
    members.update(member) {
      fill(&$0)
      $0[keyPath: previous] = .none
      $0[keyPath: next] = first
    }
    if let first = first.optional { members.update(first) { $0[keyPath: previous] = Ref(member) } }
    owners.update(owner) {
      $0[keyPath: head] = Ref(member)
      if let tail, first.isNone { $0[keyPath: tail] = Ref(member) }
    }
  }

  /// Makes a record the last member of a list that has a tail.
  @inline(__always)
  func append(
    _ member: Index<Members>, to owner: Index<Owners>,
    _ fill: (inout Members) -> Void = { _ in }
  ) {
    guard let tail else { return }
    let last = owners[owner, tail]
    members.update(member) {
      fill(&$0)
      $0[keyPath: previous] = last
      $0[keyPath: next] = .none
    }
    if let last = last.optional { members.update(last) { $0[keyPath: next] = Ref(member) } }
    owners.update(owner) {
      if last.isNone { $0[keyPath: head] = Ref(member) }
      $0[keyPath: tail] = Ref(member)
    }
  }

  /// Takes a member out. Its own references stay as they are.
  @inline(__always)
  func remove(_ member: Index<Members>, from owner: Index<Owners>) {
    let before = members[member, previous]
    let after = members[member, next]
    if let before = before.optional {
      members.update(before) { $0[keyPath: next] = after }
    } else {
      owners.update(owner) { $0[keyPath: head] = after }
    }
    if let after = after.optional {
      members.update(after) { $0[keyPath: previous] = before }
    } else if let tail {
      owners.update(owner) { $0[keyPath: tail] = before }
    }
  }

  /// The members from the first on. The one that was returned last may be taken out meanwhile.
  @inline(__always)
  func of(_ owner: Index<Owners>) -> LinkedMembers<Members> {
    LinkedMembers(members: members, link: next, at: owners[owner, head])
  }
}

/// The members of a list, in order.
struct LinkedMembers<Members: StoreRecord>: Sequence, IteratorProtocol
where Members.Key == Members {
  let members: Table<Members>
  let link: WritableKeyPath<Members, Ref<Members>>
  var at: Ref<Members>

  @inline(__always)
  mutating func next() -> Index<Members>? {
    guard let index = at.optional else { return nil }
    at = members[index, link]
    return index
  }
}
