// swift-tools-version: 6.2
import PackageDescription

// One target is one room; arrows point down only. `Tests/TidyTests` checks every import against the table of rooms
// in `docs/architecture.md`.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// Kernel targets are compiled once per instruction set from one source folder. Every check lives above them, in
/// `TensorKernels`, so they are built without overflow checks even in debug.
func kernelSettings(_ define: String, _ march: [String] = []) -> [SwiftSetting] {
    strict + [
        .define(define),
        .unsafeFlags(["-Ounchecked", "-Xllvm", "-unroll-threshold=4000"] + march.flatMap { ["-Xcc", $0] }),
    ]
}

#if arch(x86_64)
let kernelLevels: [Target] = [
    .target(
        name: "KernelsAVX2", dependencies: ["KernelTable", "CKernelIntrinsics"],
        swiftSettings: kernelSettings("LEVEL_AVX2", ["-march=x86-64-v3"])),
    .target(
        name: "KernelsAVX512", dependencies: ["KernelTable", "CKernelIntrinsics"],
        swiftSettings: kernelSettings("LEVEL_AVX512", ["-march=x86-64-v4", "-mprefer-vector-width=512"])),
    // AES on vectors is part of no level: a target of its own, and a bit of the processor of its own.
    .target(
        name: "KernelsVAES", dependencies: ["KernelTable", "CKernelIntrinsics"],
        swiftSettings: kernelSettings("LEVEL_VAES", ["-mavx2", "-maes", "-mvaes"])),
]
let kernelLevelNames: [Target.Dependency] = ["KernelsAVX2", "KernelsAVX512", "KernelsVAES"]
#else
let kernelLevels: [Target] = []
let kernelLevelNames: [Target.Dependency] = []
#endif

/// A library room.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// The tests of a room (`<room>Tests`), with what they need besides it.
func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let numbers: [Target] = [
    .target(name: "CKernelIntrinsics"),
    .target(name: "KernelTable", swiftSettings: strict),
    .target(name: "KernelsBaseline", dependencies: ["KernelTable", "CKernelIntrinsics"], swiftSettings: kernelSettings("LEVEL_BASELINE")),
    room("TensorKernels", ["KernelTable", "KernelsBaseline", "CKernelIntrinsics"] + kernelLevelNames),
] + kernelLevels

let libraries: [Target] = [
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CPKCS11"),
]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOWebSocket", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
]

let rooms: [Target] = [
    // 1 learning, guarding
    room("StrictJSON"),
    room("Deflate"),
    room("Suggestion"),
    room("Language"),
    room("Learning", ["Deflate", "TensorKernels", "KernelTable", "StrictJSON"]),
    room("Inference"),
    room("ONNX", ["Inference", "TensorKernels", "KernelTable"]),
    room("Vision", ["Deflate"]),
    room("ByteLanguage", ["TensorKernels", "KernelTable", "Learning", "StrictJSON"]),
    room("WorkSharing"),
    room("RobustAggregation", ["WorkSharing", "TensorKernels", "KernelTable"]),
    room("Strategies", ["Learning", "StrictJSON"]),
    room("Attacks", ["Learning"]),
    room("CryptoSuite"),
    room("MerkleLog", ["CryptoSuite"]),
    room("SecureAggregation", ["CryptoSuite", "TensorKernels", "KernelTable"]),
    room("DifferentialPrivacy", ["CryptoSuite"]),
    room("Annealing", ["StrictJSON", "WorkSharing"]),
    // 2 messages
    room("Wire", ["CZstd", .product(name: "SwiftProtobuf", package: "swift-protobuf")]),
    // 3 federation
    room(
        "Federation",
        [
            "TensorKernels", "KernelTable", "ByteLanguage", "Learning", "RobustAggregation", "Strategies", "CryptoSuite", "SecureAggregation", "DifferentialPrivacy", "Wire",
            "StrictJSON", "WorkSharing",
        ]),
    room(
        "FederationSimulator",
        ["Federation", "Learning", "RobustAggregation", "Attacks", "Strategies", "CryptoSuite", "SecureAggregation", "DifferentialPrivacy", "Wire", "TensorKernels", "KernelTable", "StrictJSON"]),
    room(
        "InProcessFederation",
        ["Federation", "Learning", "RobustAggregation", "Strategies", "CryptoSuite", "SecureAggregation", "DifferentialPrivacy", "Wire", "KernelTable", "WorkSharing"]),
    // 4 keeping
    room(
        "Storage",
        ["Federation", "DifferentialPrivacy", "Wire", "CryptoSuite", "Compute", "MerkleLog", "StrictJSON", .product(name: "GRDB", package: "GRDB.swift")]),
    room("PKCS11", ["CPKCS11", "CryptoSuite"]),
    room(
        "Trust",
        [
            "CryptoSuite", "COpenSSL", "PKCS11", "TensorKernels", "KernelTable",
            .product(name: "Crypto", package: "swift-crypto"), .product(name: "X509", package: "swift-certificates"),
            .product(name: "SwiftASN1", package: "swift-asn1"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
            .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "NIOTLS", package: "swift-nio"),
        ]),
    room("Receipts", ["StrictJSON", "Trust", "CryptoSuite", "MerkleLog"]),
    room("Telemetry", ["Storage", "Federation", "StrictJSON", .product(name: "Logging", package: "swift-log")]),
    room("Compute", ["WorkSharing"]),
    room(
        "Diagnosis",
        [
            "StrictJSON", "Trust", .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOTLS", package: "swift-nio"),
            .product(name: "NIOSSL", package: "swift-nio-ssl"),
        ]),
    // 5 services
    room(
        "Platform",
        [
            "Storage", "Trust", "CryptoSuite", "Federation", "Compute", "StrictJSON", "Suggestion", "Language",
            .product(name: "CryptoExtras", package: "swift-crypto"), .product(name: "JWTKit", package: "jwt-kit"), .product(name: "Logging", package: "swift-log"),
        ] + nio),
    room(
        "FederationService",
        [
            "Federation", "Storage", "Trust", "Platform", "Learning", "RobustAggregation", "Strategies", "SecureAggregation", "DifferentialPrivacy", "Wire", "CryptoSuite",
            "MerkleLog", "Receipts", "Telemetry", "Compute", "StrictJSON", "WorkSharing",
            .product(name: "Logging", package: "swift-log"),
        ]),
    room(
        "ModelServing",
        [
            "ByteLanguage", "Compute", "CryptoSuite", "Deflate", "Federation", "Inference", "Language", "Learning", "Platform", "Storage", "StrictJSON", "Telemetry", "Trust", "Vision", "WorkSharing",
            .product(name: "Crypto", package: "swift-crypto"),
            .product(name: "Logging", package: "swift-log"),
        ]),
    room(
        "QuantumService",
        [
            "Annealing", "Compute", "CryptoSuite", "Federation", "Platform", "Storage", "StrictJSON", "Trust", "WorkSharing",
            .product(name: "Logging", package: "swift-log"),
        ]),
    room(
        "KeyVault",
        [
            "Storage", "Trust", "PKCS11", "CryptoSuite", "Federation", "Wire",
            .product(name: "Crypto", package: "swift-crypto"), .product(name: "SwiftASN1", package: "swift-asn1"),
        ]),
    // 6 surfaces
    room("APIKit", ["Inference", "ModelServing", "StrictJSON", "Suggestion", "Platform", "Storage", "Federation"]),
    room("EnterpriseAPI", ["APIKit", "QuantumService", "StrictJSON", "Platform", "Storage", "Federation", "Telemetry", "Trust"]),
    room("AisembleAPI", ["APIKit", "ByteLanguage", "Inference", "Language", "ModelServing", "Vision", "StrictJSON", "Platform", "Storage", "Telemetry", "Suggestion", "Federation", "Trust"]),
    room("PhiAPI", ["APIKit", "Inference", "ModelServing", "StrictJSON", "Platform", "Federation", "Storage"]),
    room("OpenInferenceAPI", ["APIKit", "Inference", "ModelServing", "Platform", "StrictJSON"]),
    room("OpenAIAPI", ["APIKit", "ByteLanguage", "ModelServing", "Platform", "StrictJSON"]),
    room("TrustStreamAPI", ["APIKit", "KeyVault", "CryptoSuite", "Wire", "StrictJSON", "FederationService", "Federation", "DifferentialPrivacy", "Learning", "Platform", "Storage", "Telemetry", "Trust"]),
    room("Console", ["APIKit", "CryptoSuite", "FederationService", "Federation", "DifferentialPrivacy", "Platform", "Storage", "StrictJSON", "Telemetry"]),
    // 7 nodes
    room("TuttiConfiguration", ["StrictJSON", "Suggestion", .product(name: "TOMLKit", package: "TOMLKit")]),
    room(
        "CoordinatorNode",
        [
            "APIKit", "TrustStreamAPI", "EnterpriseAPI", "AisembleAPI", "PhiAPI", "Console", "FederationService", "KeyVault", "PKCS11", "Federation", "QuantumService", "Storage", "Trust", "Platform", "Telemetry",
            "ModelServing", "ONNX", "OpenAIAPI", "OpenInferenceAPI", "Vision",
            "Receipts", "Wire", "Learning", "CryptoSuite", "TuttiConfiguration", "Compute", "Diagnosis", "StrictJSON",
            .product(name: "HummingbirdCore", package: "hummingbird"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            .product(name: "HTTPTypes", package: "swift-http-types"),
            .product(name: "NIOHTTPTypes", package: "swift-nio-extras"), .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
        ] + nio),
    room(
        "ClientNode",
        [
            "Federation", "Learning", "Attacks", "Strategies", "SecureAggregation", "DifferentialPrivacy", "Wire", "Trust", "CryptoSuite", "Compute", "Diagnosis", "StrictJSON", "TuttiConfiguration",
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "Logging", package: "swift-log"),
        ] + nio),
]

/// What puts real processes to the test: used by tests and by `tutti-bench`.
let trial: [Target] = [
    room(
        "FaultHarness",
        [
            "ClientNode", "CryptoSuite", "Federation", "Learning", "Storage", "StrictJSON", "Trust", "Wire",
            .product(name: "AsyncHTTPClient", package: "async-http-client"), .product(name: "NIOTLS", package: "swift-nio"),
        ] + nio),
]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let roof: [Target] = [
    // Decoders of bytes from outside, for the fuzzer and for FuzzTests; no program of ours is linked with it.
    room(
        "FuzzTargets",
        [
            "Deflate", "ONNX", "Inference", "Annealing",
            "StrictJSON", "Learning", "Strategies", "CryptoSuite", "SecureAggregation", "Wire", "Federation", "Trust", "FederationService", "APIKit", "TrustStreamAPI",
            "EnterpriseAPI", "AisembleAPI", "PhiAPI", "Console", "Platform", "ModelServing", "Compute", "Vision", "OpenInferenceAPI", "OpenAIAPI", "QuantumService", "Storage", "Telemetry", "Receipts", "MerkleLog",
            "TuttiConfiguration", "CoordinatorNode", "ClientNode", .product(name: "NIOEmbedded", package: "swift-nio"), .product(name: "Logging", package: "swift-log"),
            .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        ] + nio),
    .executableTarget(name: "tutti-fuzz", dependencies: ["FuzzTargets"], swiftSettings: strict),
    room("CommandKit", ["Diagnosis", "Receipts", "StrictJSON", "Trust", "TuttiConfiguration", argumentParser, .product(name: "Logging", package: "swift-log")]),
    .executableTarget(
        name: "tutti-coordinator",
        dependencies: [
            "CoordinatorNode", "CommandKit", "Receipts", "TuttiConfiguration", "Trust", "CryptoSuite", "StrictJSON", "TrustStreamAPI", "APIKit", "SecureAggregation",
            "DifferentialPrivacy",
            "Federation", "Learning", argumentParser,
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOSSL", package: "swift-nio-ssl"), .product(name: "Logging", package: "swift-log"),
        ],
        swiftSettings: strict),
    .executableTarget(
        name: "tutti-client", dependencies: ["ClientNode", "Attacks", "CommandKit", "Compute", "Federation", "Learning", "Receipts", "StrictJSON", "Trust", "TuttiConfiguration", argumentParser, .product(name: "Logging", package: "swift-log")],
        swiftSettings: strict),
    .executableTarget(
        name: "tutti-bench",
        dependencies: ["Annealing", "ByteLanguage", "ClientNode", "Compute", "WorkSharing", "TensorKernels", "KernelTable", "Learning", "RobustAggregation", "Attacks", "CryptoSuite", "DifferentialPrivacy", "SecureAggregation", "Strategies", "Federation", "FederationSimulator", "InProcessFederation", "Trust", "Wire", "CommandKit", "FaultHarness", "StrictJSON", argumentParser,
            .product(name: "Hummingbird", package: "hummingbird"), .product(name: "HummingbirdTLS", package: "hummingbird"),
            .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "Logging", package: "swift-log")],
        swiftSettings: strict),
]

let suites: [Target] = [
    tests("TensorKernelsTests", ["TensorKernels", "KernelTable"]),
    tests("ONNXTests", ["ONNX", "Inference", "TensorKernels", "KernelTable"]),
    tests("StrictJSONTests", ["StrictJSON"]),
    tests("DeflateTests", ["Deflate"]),
    tests("ByteLanguageTests", ["ByteLanguage", "KernelTable", "Learning", "StrictJSON", "TensorKernels"]),
    .testTarget(name: "LanguageTests", dependencies: ["Language"], exclude: ["Sets"], swiftSettings: strict),
    tests("VisionTests", ["Vision"]),
    tests("VisionServiceTests", ["ModelServing", "Compute", "Inference", "Learning", "StrictJSON", "Vision"]),
    tests("LearningTests", ["Learning", "TensorKernels", "KernelTable", "StrictJSON"]),
    tests(
        "TrustTests",
        [
            "Trust", "PKCS11", "CryptoSuite", .product(name: "Crypto", package: "swift-crypto"),
            .product(name: "X509", package: "swift-certificates"), .product(name: "SwiftASN1", package: "swift-asn1"),
        ] + nio),
    tests("RobustAggregationTests", ["RobustAggregation", "TensorKernels", "KernelTable"]),
    tests("ComputeTests", ["Compute", "RobustAggregation", "WorkSharing"]),
    tests("AttacksTests", ["Attacks", "Learning"]),
    tests("StrategiesTests", ["Strategies", "Learning", "RobustAggregation"]),
    tests("WireTests", ["Wire", "Federation", "Learning", "CryptoSuite"]),
    tests("CryptoSuiteTests", ["CryptoSuite", "Trust", "FederationSimulator", "TensorKernels", "KernelTable", .product(name: "Crypto", package: "swift-crypto")]),
    tests("MerkleLogTests", ["MerkleLog", "CryptoSuite", "Trust"]),
    tests("SecureAggregationTests", ["SecureAggregation", "CryptoSuite", "Trust", "FederationSimulator"]),
    tests("AnnealingTests", ["Annealing", "Compute", "StrictJSON", "WorkSharing"]),
    tests("DifferentialPrivacyTests", ["DifferentialPrivacy", "SecureAggregation", "CryptoSuite"]),
    tests(
        "FederationTests",
        ["Federation", "FederationSimulator", "Learning", "RobustAggregation", "Strategies", "SecureAggregation", "DifferentialPrivacy", "Wire", "CryptoSuite"]),
    .testTarget(
        name: "SimulationTests", dependencies: ["FederationSimulator", "Federation", "Learning", "CryptoSuite", "Wire", "StrictJSON"],
        exclude: ["Reproductions"], swiftSettings: strict),
    tests(
        "InProcessFederationTests",
        ["InProcessFederation", "FederationSimulator", "Federation", "KernelTable", "Learning", "CryptoSuite", "DifferentialPrivacy", "SecureAggregation", "Trust", "TensorKernels", "Compute"]),
    tests(
        "StoreContractTests",
        ["Storage", "Federation", "DifferentialPrivacy", "CryptoSuite", "MerkleLog", "StrictJSON", "Trust", .product(name: "GRDBSQLite", package: "GRDB.swift")]),
    tests(
        "FederationServiceTests",
        [
            "FederationService", "Federation", "DifferentialPrivacy", "Receipts", "Storage", "StrictJSON", "Trust", "Platform", "Learning", "RobustAggregation",
            "MerkleLog", "Wire", "CryptoSuite", "Telemetry", "Compute", "ModelServing", "QuantumService", .product(name: "Logging", package: "swift-log"),
        ]),
    tests("ModelServingTests", ["ModelServing", "ByteLanguage", .product(name: "Crypto", package: "swift-crypto"), "Inference", "Storage", "Trust", "Platform", "CryptoSuite", "Compute", "Federation", "FederationService", "Learning", "StrictJSON", "Telemetry", "Vision", .product(name: "Logging", package: "swift-log")]),
    tests("PKCS11Tests", ["PKCS11", "CPKCS11", "CryptoSuite"]),
    tests("KeyVaultTests", ["KeyVault", .product(name: "Crypto", package: "swift-crypto"), "PKCS11", "Storage", "Trust", "Platform", "CryptoSuite", "Federation"]),
    tests("IdentityTests", ["Platform", "Storage", "Trust", "CryptoSuite", "Federation", "StrictJSON"]),
    tests(
        "PlatformTests",
        ["Platform", "Storage", "Trust", "CryptoSuite", "Federation", "StrictJSON", .product(name: "Logging", package: "swift-log")] + nio),
    tests(
        "QuantumServiceTests",
        [
            "QuantumService", "Annealing", "Compute", "CryptoSuite", "Federation", "Platform", "Storage", "StrictJSON", "Trust", "WorkSharing",
            .product(name: "Logging", package: "swift-log"),
        ]),
    tests("APIKitTests", ["APIKit", "StrictJSON", "Platform"]),
    tests(
        "FamilyTests",
        [
            "APIKit", "EnterpriseAPI", "AisembleAPI", "PhiAPI", "StrictJSON", "Platform", "Storage", "Telemetry", "Trust", "Federation", "CryptoSuite",
            "TrustStreamAPI", "FederationService", "KeyVault", "QuantumService", "Compute", "Language",
            "ByteLanguage", "Inference", "Learning", "ModelServing", "OpenAIAPI", "OpenInferenceAPI", "Vision",
            .product(name: "Logging", package: "swift-log"),
        ]),
    tests("TrustStreamAPITests", ["TrustStreamAPI", "KeyVault", "APIKit", "FederationService", "Federation", "Learning", "Wire", "Trust", "StrictJSON", "Platform", "Storage", "Telemetry", "CryptoSuite", .product(name: "Logging", package: "swift-log")]),
    tests("ConsoleTests", ["Console", "APIKit", "CryptoSuite", "Federation", "MerkleLog", "Platform", "Storage", "StrictJSON", "Telemetry", "Trust", .product(name: "Logging", package: "swift-log")]),
    tests("ConfigurationTests", ["TuttiConfiguration"]),
    tests("CommandTests", ["CommandKit", "CryptoSuite", "Diagnosis", "MerkleLog", "Receipts", "StrictJSON", "Trust", argumentParser]),
    tests(
        "ClientNodeTests",
        [
            "ClientNode", "Compute", "CryptoSuite", "Federation", "Learning", "SecureAggregation", "StrictJSON", "Trust", "TuttiConfiguration", "Wire",
            .product(name: "Logging", package: "swift-log"),
        ] + nio),
    tests(
        "GatewayTests",
        [
            "CoordinatorNode", "APIKit", "TrustStreamAPI", "FederationService", "Federation", "Learning", "Storage", "Trust", "Telemetry",
            "Diagnosis", "Compute", "CryptoSuite", "Wire", "StrictJSON", "TuttiConfiguration", "Platform",
            .product(name: "AsyncHTTPClient", package: "async-http-client"), .product(name: "Logging", package: "swift-log"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"), .product(name: "HTTPTypes", package: "swift-http-types"),
        ] + nio),
    tests(
        "DoctorTests",
        [
            "Diagnosis", "CoordinatorNode", "ClientNode", "Learning", "Storage", "Trust", "CryptoSuite", "StrictJSON", "TuttiConfiguration",
            .product(name: "Logging", package: "swift-log"), .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        ] + nio),
    tests("ReceiptTests", ["Receipts", "Trust", "CryptoSuite", "MerkleLog", "StrictJSON"]),
    .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets"], exclude: ["Corpus"], swiftSettings: strict),
    tests("TelemetryTests", ["Telemetry", "Storage", "Federation", .product(name: "Logging", package: "swift-log")]),
    tests("TidyTests", []),
    tests("EndToEndTests", ["FaultHarness", "StrictJSON"]),
]

let package = Package(
    name: "tutti",
    products: [
        .executable(name: "tutti-coordinator", targets: ["tutti-coordinator"]),
        .executable(name: "tutti-client", targets: ["tutti-client"]),
        .executable(name: "tutti-bench", targets: ["tutti-bench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/vapor/jwt-kit", exact: "5.7.1"),
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
    ],
    targets: libraries + numbers + rooms + trial + roof + suites
)
