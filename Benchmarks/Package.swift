// swift-tools-version: 6.2
//
// Micro-benchmarks of the hot rooms, a package of its own: nobody who builds ndissim builds them. What
// they measure with is one C file and valgrind; see docs/performance.md.

import PackageDescription

let package = Package(
  name: "ndissim-benchmarks",
  dependencies: [.package(name: "ndissim", path: "..")],
  targets: [
    // Counts heap allocations by standing in for malloc, and tells callgrind when to look.
    .target(name: "CCounters"),
    .executableTarget(
      name: "hot-rooms",
      dependencies: [
        "CCounters",
        .product(name: "CNDIS", package: "ndissim"),
        .product(name: "NDISDriverProtocol", package: "ndissim"),
        .product(name: "NDISHostedDrivers", package: "ndissim"),
        .product(name: "NDIS", package: "ndissim"),
        .product(name: "NDISSimulator", package: "ndissim"),
      ],
      swiftSettings: [
        .swiftLanguageMode(.v6), .strictMemorySafety(), .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"), .treatAllWarnings(as: .error),
      ]),
  ]
)
