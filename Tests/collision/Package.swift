// swift-tools-version: 6.2
//
// A package that depends on ndissim as its users do, by URL, and has modules with the names that a package is
// likely to have. `run` beside this file sets the URL and the branch.

import PackageDescription

let url = Context.environment["COLLISION_URL"] ?? "https://localhost/ndissim.git"
let branch = Context.environment["COLLISION_BRANCH"] ?? "main"
let names = [
  "Configuration", "Platform", "Events", "Simulator", "Store", "Varlink", "Daemon", "Drawing",
  "Bench",
]

let package = Package(
  name: "collision",
  dependencies: [.package(url: url, branch: branch)],
  targets: names.map { .target(name: $0) } + [
    .executableTarget(
      name: "collision",
      dependencies: names.map { .byName(name: $0) }
        + ["NDISDriverKit", "NDIS", "CNDIS"].map { .product(name: $0, package: "ndissim") })
  ]
)
