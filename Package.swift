// swift-tools-version: 6.2
//
// The rooms of the house, ground floor first. Which room may import which is written here once, as
// `dependencies`; `.ci/check-imports` holds every `import` in Sources/ against it.

import PackageDescription

let package = Package(
  name: "ndissim",
  products: [
    .executable(name: "ndissimd", targets: ["ndissimd"]),
    .library(name: "NDISDriverKit", targets: ["NDISDriverKit"]),
    .library(name: "CNDIS", targets: ["CNDIS"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // The ABI, once: x64 images of NDIS structures, the driver plane's messages, the constants.
    .target(name: "CNDIS"),
    // What Swift cannot see of Linux.
    .target(name: "CLinux"),
    .systemLibrary(
      name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
    .target(name: "NDIS", dependencies: ["CNDIS"]),
    .target(name: "Events", dependencies: ["NDIS"]),
    .target(name: "Platform", dependencies: ["CLinux"]),
    .target(name: "Simulator", dependencies: ["CNDIS", "NDIS", "Events"]),
    .target(name: "HostedDrivers", dependencies: ["NDIS", "Simulator"]),
    .target(name: "DriverProtocol", dependencies: ["CNDIS", "NDIS"]),
    .target(name: "ServiceManager", dependencies: ["Events", "Platform", "CSystemd"]),
    .target(
      name: "Daemon",
      dependencies: [
        "CNDIS", "NDIS", "Events", "Platform", "Simulator", "HostedDrivers", "DriverProtocol",
        "ServiceManager",
      ]),
    .target(name: "NDISDriverKit", dependencies: ["CNDIS", "NDIS", "DriverProtocol", "Platform"]),
    .executableTarget(
      name: "ndissimd",
      dependencies: [
        "Daemon", "HostedDrivers", "Simulator",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(
      name: "example-miniport", dependencies: ["NDISDriverKit", "NDIS", "Platform"],
      path: "Examples/swift/miniport"),
    .executableTarget(
      name: "example-provider", dependencies: ["NDISDriverKit", "NDIS", "Platform"],
      path: "Examples/swift/provider"),
    // A provider that does on request whatever a provider must not do; the tests' other process.
    .executableTarget(
      name: "lying-provider", dependencies: ["NDISDriverKit", "NDIS", "Platform"],
      path: "Tests/LyingProvider"),

    .testTarget(name: "NDISTests", dependencies: ["NDIS", "CNDIS"]),
    .testTarget(name: "PlatformTests", dependencies: ["Platform", "CLinux"]),
    .testTarget(
      name: "SimulatorTests",
      dependencies: ["Simulator", "HostedDrivers", "CNDIS", "NDIS", "Events"]),
    .testTarget(name: "DriverProtocolTests", dependencies: ["DriverProtocol", "CNDIS", "NDIS"]),
    .testTarget(
      name: "ServiceManagerTests",
      dependencies: ["ServiceManager", "Events", "NDIS", "Platform"]),
    .testTarget(
      name: "NDISDriverKitTests",
      dependencies: ["NDISDriverKit", "CNDIS", "DriverProtocol", "NDIS", "Platform"]),
    .testTarget(
      name: "ContractTests",
      dependencies: [
        "NDISDriverKit", "Daemon", "CNDIS", "DriverProtocol", "Events", "HostedDrivers", "NDIS",
        "Platform", "Simulator",
        // The other processes of the tests.
        "ndissimd", "lying-provider",
      ]),
  ]
)

// Every setting has its reason.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  // Every use of an unsafe construct is marked where it happens: an audit trail for a program whose
  // job is shared memory.
  .strictMemorySafety(),
  // `any P` costs a box: say it where it is paid.
  .enableUpcomingFeature("ExistentialAny"),
  // An import is an implementation detail unless a public declaration needs it: keeps the walls.
  .enableUpcomingFeature("InternalImportsByDefault"),
  // A member is visible only where its module is imported: an import that is missing is a wall broken.
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]
for target in package.targets where ![.system, .plugin, .binary].contains(target.type) {
  if target.name.hasPrefix("C") && !target.name.hasPrefix("Contract") { continue }
  target.swiftSettings = strict
}
