// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// One layer of the house: what it may import is what stands in `dependencies`.
func layer(
    _ name: String, _ dependencies: [Target.Dependency], data: [String] = [],
    linked: [String] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, resources: data.map { .embedInCode($0) },
        swiftSettings: settings, linkerSettings: linked.map { .linkedLibrary($0) })
}

// What is tested is built as it ships; optimising the tests themselves only made building longer.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["_TestSupport"], path: "Tests/\(name)",
        swiftSettings: settings + [.unsafeFlags(["-Onone"])])
}

let argumentParser: Target.Dependency = .product(
    name: "ArgumentParser", package: "swift-argument-parser")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let hummingbird: [Target.Dependency] = [
    "Hummingbird", "HummingbirdCore", "HummingbirdHTTP2", "HummingbirdTLS",
].map {
    .product(name: $0, package: "hummingbird")
}
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let mustache: Target.Dependency = .product(name: "Mustache", package: "swift-mustache")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
    .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
    .product(name: "HTTPTypes", package: "swift-http-types"),
]

let itkLibraries = [
    "ITKCommon", "ITKStatistics", "ITKTransform", "ITKOptimizers", "ITKOptimizersv4", "itkvnl",
    "itkvnl_algo", "ITKSmoothing",
].map { "\($0)-5.2" }

let dcmtkLibraries = [
    "dcmnet", "dcmjpls", "dcmtkcharls", "dcmjpeg", "ijg8", "ijg12", "ijg16", "dcmimage",
    "dcmimgle", "dcmdata", "oflog", "ofstd", "openjp2",
]

let package = Package(
    name: "grevy",
    products: [
        .executable(name: "grevy", targets: ["grevy"]),
        .executable(name: "grevy-server", targets: ["grevy-server"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0",
            traits: ["FullFoundation"]),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    ],
    targets: [
        .target(
            name: "CDicomShim",
            cxxSettings: [
                .unsafeFlags(["-fvisibility=hidden", "-isystem", "/usr/include/openjpeg-2.5"])
            ],
            linkerSettings: (dcmtkLibraries + ["z", "ssl", "crypto"]).map { .linkedLibrary($0) }),
        .target(
            name: "CImagingShim",
            cxxSettings: [
                .unsafeFlags(["-fvisibility=hidden", "-isystem", "/usr/include/ITK-5.2"])
            ],
            linkerSettings: (itkLibraries + ["png16", "jpeg", "z"]).map { .linkedLibrary($0) }),

        .target(
            name: "CXrayShim",
            cxxSettings: [.unsafeFlags(["-fvisibility=hidden"])],
            linkerSettings: [.linkedLibrary("xrl")]),

        .target(
            name: "CCryptoShim",
            cxxSettings: [.unsafeFlags(["-fvisibility=hidden"])],
            linkerSettings: [.linkedLibrary("crypto")]),

        .target(
            name: "CTransferShim",
            cxxSettings: [.unsafeFlags(["-fvisibility=hidden"])],
            linkerSettings: ["curl", "ssl", "crypto"].map { .linkedLibrary($0) }),

        layer("Quantities", []),
        layer(
            "Physics", ["Quantities", "CXrayShim"],
            data: [
                "Data/media.json", "Data/bremsstrahlung-oxygen.json",
                "Data/convention-profiles.json", "Data/nuclides.json",
                "Data/density-schneider2000.json", "Data/hounsfield-media.json",
            ]
                + [
                    "Y-90", "Ho-166", "Tc-99m", "Lu-177", "I-131", "In-111", "Ga-68", "I-123",
                    "Re-188", "Tb-161",
                ].flatMap { ["Data/decay/\($0).json", "Data/kernels/kernel-\($0).json"] }),
        layer("Imaging", ["Quantities", "CImagingShim"], data: ["Data/colour-maps.csv"]),
        layer("Transport", ["Quantities", "Physics", "Imaging"]),
        layer("Dosimetry", ["Quantities", "Physics", "Imaging"]),
        layer(
            "Therapy", ["Quantities", "Physics", "Imaging", "Dosimetry"],
            data: [
                "Data/guard-rails.json", "Data/patient-gates.json", "Data/plan-constants.json",
                "Data/thresholds.json",
            ]),
        layer(
            "DICOM", ["Quantities", "Imaging", "CDicomShim"],
            data: ["Data/confidentiality-profile.csv", "Data/descriptor-words.txt"]),
        layer(
            "Phantom", ["Quantities", "Physics", "Imaging", "DICOM"],
            data: ["Data/true-doses.json"]),
        layer("Pathway", ["Quantities"]),
        layer("Cryptography", ["CCryptoShim"]),
        layer("Transfer", ["CTransferShim"]),
        layer(
            "Storage",
            [
                "Quantities", "Physics", "Imaging", "Dosimetry", "Therapy", "Pathway",
                "Cryptography", grdb,
                systemPackage,
            ]),
        layer(
            "Workflows",
            [
                "Quantities", "Physics", "Imaging", "Dosimetry", "Therapy", "DICOM", "Phantom",
                "Pathway", "Storage", "Transport", "Cryptography", "Transfer", yams, subprocess,
                systemPackage,
            ],
            data: [
                "Report/html_to_pdf.py", "Report/report.css", "Accounts/common-passwords.txt",
            ]),
        layer(
            "Server",
            [
                "Workflows", "Storage", "Pathway", "DICOM", "Imaging", "Quantities", logging,
                mustache, subprocess, systemPackage,
            ]
                + hummingbird + nio),
        layer("Terminal", [argumentParser]),
        .executableTarget(
            name: "grevy",
            dependencies: ["Workflows", "Quantities", "Terminal", argumentParser],
            swiftSettings: settings),
        .executableTarget(
            name: "grevy-server",
            dependencies: ["Server", "Terminal", argumentParser], swiftSettings: settings),

        // Snippets/OnePatient.swift with the project's own access; see its first lines.
        .executableTarget(
            name: "Story",
            dependencies: [
                "Quantities", "Physics", "Imaging", "Dosimetry", "Therapy", "DICOM", "Phantom",
                "Storage", "Workflows",
            ],
            path: "Snippets", swiftSettings: settings + [.define("STORY")]),

        .target(
            name: "_TestSupport", dependencies: ["Quantities", "Imaging"],
            path: "Tests/_TestSupport", swiftSettings: settings),
        .target(
            name: "_Gates",
            dependencies: ["Transport", "Dosimetry", "Physics", "Imaging", "_TestSupport"],
            path: "Tests/_Gates", swiftSettings: settings),
        .executableTarget(
            name: "_Validation", dependencies: ["_Gates"], path: "Tests/_Validation",
            swiftSettings: settings),
        .executableTarget(
            name: "_TrueDoses",
            dependencies: [
                "Phantom", "Transport", "Dosimetry", "Physics", "Imaging", "Quantities",
            ], path: "Tests/_TrueDoses", swiftSettings: settings),
        // Makes Sources/Physics/Data/kernels.
        .executableTarget(
            name: "_PointKernels", dependencies: ["Transport", "Physics"],
            path: "Tests/_PointKernels", swiftSettings: settings),
        .executableTarget(
            name: "_StorageTorture", dependencies: ["Storage", "_TestSupport"],
            path: "Tests/_StorageTorture",
            swiftSettings: settings),
        tests("QuantitiesTests", ["Quantities"]),
        tests("PhysicsTests", ["Physics", "Quantities"]),
        tests("ImagingTests", ["Imaging", "Quantities"]),
        tests("TransportTests", ["Transport", "Physics", "Imaging", "Quantities", "_Gates"]),
        tests("DosimetryTests", ["Dosimetry", "Transport", "Imaging", "Physics", "Quantities"]),
        tests("TherapyTests", ["Therapy", "Dosimetry", "Imaging", "Physics", "Quantities"]),
        tests("DICOMTests", ["DICOM", "Imaging", "Quantities", "Cryptography"]),
        tests("CryptographyTests", ["Cryptography"]),
        tests("TransferTests", ["Transfer", "Cryptography"]),
        tests("PathwayTests", ["Pathway"]),
        tests("PhantomTests", ["Phantom", "DICOM", "Imaging", "Physics", "Quantities"]),
        tests(
            "ServerTests",
            [
                "Server", "Workflows", "Storage", "Pathway", "DICOM", "Transfer", "Cryptography",
                logging, grdb,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ] + nio),
        tests("StorageTests", ["Storage", "Pathway", "Quantities", grdb]),
        tests(
            "WorkflowsTests",
            [
                "Workflows", "Storage", "DICOM", "Phantom", "Therapy", "Dosimetry", "Transport",
                "Imaging", "Pathway", "Physics", "Quantities",
            ]),
        tests(
            "ProgramTests",
            [
                "grevy", "grevy-server", "DICOM", "Imaging", "Pathway", "Storage", "Workflows",
            ]),
    ],
    cxxLanguageStandard: .cxx17
)
