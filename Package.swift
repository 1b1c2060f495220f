// swift-tools-version: 6.2
//
// The rooms of the house, ground floor first. Which room may import which is written here once, as
// `dependencies`; `.ci/check-imports` holds every `import` in Sources/ against it.

import PackageDescription

let package = Package(
  name: "ndissim",
  products: [
    .executable(name: "ndissimd", targets: ["ndissimd"]),
    .executable(name: "ndisctl", targets: ["ndisctl"]),
    .library(name: "NDISDriverKit", targets: ["NDISDriverKit"]),
    .library(name: "CNDIS", targets: ["CNDIS"]),
    // For Benchmarks/, a package of its own.
    .library(name: "DriverProtocol", targets: ["DriverProtocol"]),
    .library(name: "HostedDrivers", targets: ["HostedDrivers"]),
    .library(name: "NDIS", targets: ["NDIS"]),
    .library(name: "Simulator", targets: ["Simulator"]),
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
    .target(name: "HostedDrivers", dependencies: ["CNDIS", "NDIS", "Simulator"]),
    .target(name: "DriverProtocol", dependencies: ["CNDIS", "NDIS"]),
    .target(name: "ServiceManager", dependencies: ["Events", "Platform", "CSystemd"]),
    // Varlink, the standard: framing, IDL, server, client. Knows nothing of NDIS.
    .systemLibrary(
      name: "CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
    .target(name: "Varlink", dependencies: ["CJansson", "Platform"]),
    // Writes Swift from a Varlink interface description; its output is committed and held by a test.
    .executableTarget(name: "varlink-generate", dependencies: ["Varlink"]),
    // The org.ndissim.* interfaces: descriptions, typed calls, both ends.
    .target(
      name: "Management", dependencies: ["Varlink"],
      exclude: ["org.ndissim.Simulator.varlink", "io.systemd.service.varlink"]),
    // toml++ behind a C face.
    .target(name: "CTOML"),
    .target(name: "Configuration", dependencies: ["CTOML"]),
    .target(
      name: "Daemon",
      dependencies: [
        "CNDIS", "NDIS", "Events", "Platform", "Simulator", "HostedDrivers", "DriverProtocol",
        "ServiceManager", "Varlink", "Management", "Configuration",
      ]),
    .target(name: "NDISDriverKit", dependencies: ["CNDIS", "NDIS", "DriverProtocol", "Platform"]),
    .executableTarget(
      name: "ndissimd",
      dependencies: [
        "Configuration", "Daemon", "HostedDrivers", "Simulator",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    // What is drawn in a terminal or as SVG: tables, colours, bars, plots.
    .target(name: "Drawing"),
    // What the daemon is measured against: the same messages and mapping calls, no simulator. In C.
    .executableTarget(name: "ndissim-floor", dependencies: ["CNDIS"]),
    .target(name: "Bench", dependencies: ["Drawing", "NDIS", "NDISDriverKit", "Platform"]),
    .executableTarget(
      name: "ndisctl",
      dependencies: [
        "Bench", "CNDIS", "Configuration", "Drawing", "Events", "Management", "NDIS",
        "NDISDriverKit", "Platform", "Simulator", "Varlink",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(
      name: "example-miniport", dependencies: ["NDISDriverKit", "NDIS", "Platform"],
      path: "Examples/swift/miniport"),
    .executableTarget(
      name: "example-provider", dependencies: ["NDISDriverKit", "NDIS", "Platform"],
      path: "Examples/swift/provider"),
    .executableTarget(
      name: "example-vmq-miniport", dependencies: ["CNDIS", "NDISDriverKit", "NDIS", "Platform"],
      path: "Examples/swift/vmq-miniport"),
    .executableTarget(
      name: "example-overlying-driver",
      dependencies: ["CNDIS", "NDISDriverKit", "NDIS", "Platform"],
      path: "Examples/swift/overlying-driver"),
    // A provider that does on request whatever a provider must not do; the tests' other process.
    .executableTarget(
      name: "lying-provider", dependencies: ["NDISDriverKit", "NDIS", "Platform"],
      path: "Tests/LyingProvider"),
    // A driver that goes on while the daemon is killed again and again.
    .executableTarget(
      name: "restart-client", dependencies: ["NDISDriverKit", "NDIS", "Platform"],
      path: "Tests/RestartClient"),
    // Serves and calls org.varlink.certification, so that somebody else's tool can judge Varlink.
    .executableTarget(
      name: "varlink-certification", dependencies: ["Varlink", "Platform"],
      path: "Tests/VarlinkCertification", exclude: ["org.varlink.certification.varlink"]),

    .testTarget(name: "NDISTests", dependencies: ["NDIS", "CNDIS"]),
    .testTarget(name: "PlatformTests", dependencies: ["Platform", "CLinux"]),
    .testTarget(
      name: "SimulatorTests",
      dependencies: ["Simulator", "HostedDrivers", "CNDIS", "NDIS", "Events"]),
    .testTarget(
      name: "HostedDriversTests", dependencies: ["HostedDrivers", "CNDIS", "NDIS", "Simulator"]),
    .testTarget(name: "DriverProtocolTests", dependencies: ["DriverProtocol", "CNDIS", "NDIS"]),
    .testTarget(
      name: "ServiceManagerTests",
      dependencies: ["ServiceManager", "Events", "NDIS", "Platform"]),
    .testTarget(
      name: "VarlinkTests", dependencies: ["Varlink", "Platform", "varlink-generate"],
      exclude: ["org.example.fixture.varlink"]),
    .testTarget(
      name: "ConfigurationTests",
      dependencies: [
        "Configuration", "Daemon", "HostedDrivers", "NDIS", "Simulator", "ndissimd",
      ]),
    .testTarget(name: "DrawingTests", dependencies: ["Drawing"]),
    .testTarget(
      name: "BenchTests",
      dependencies: ["Bench", "Drawing", "NDISDriverKit", "ndisctl", "ndissim-floor", "ndissimd"]),
    .testTarget(
      name: "ManagementTests",
      dependencies: [
        "CNDIS", "Daemon", "Management", "Varlink", "NDISDriverKit", "Events", "HostedDrivers",
        "NDIS", "Platform", "Simulator", "ndissimd", "varlink-generate",
      ]),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "Drawing", "Management", "Varlink", "NDISDriverKit", "NDIS", "Platform", "ndissimd",
        "ndisctl",
        "example-miniport",
      ]),
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
  ],
  cxxLanguageStandard: .cxx17
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
  // One row of a table wrong, if NDISSIM_MUTANT says so: `.ci/mutants`. Debug builds only, so that it needs no
  // build of its own.
  .define("MUTANTS", .when(configuration: .debug)),
]
let inC: Set = ["CNDIS", "CLinux", "CTOML", "ndissim-floor"]
for target in package.targets where ![.system, .plugin, .binary].contains(target.type) {
  if inC.contains(target.name) { continue }
  target.swiftSettings = strict
}
