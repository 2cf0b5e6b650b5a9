import Transport

extension Gate {
    /// Every comparison by its short name.
    package static var all: [(String, (GateSetup) throws -> Gate)] {
        [
            ("spectra", SpectrumGate.run), ("voxel", VoxelGate.run), ("sphere", SphereGate.run),
            ("interface", InterfaceGate.run), ("fano", FanoGate.run),
            ("phantom", PhantomGate.run), ("patient", PatientGate.run),
        ]
    }
}

/// Seeds, lengths and transport settings of a validation.
package struct GateSetup: Sendable {
    /// All numbers of decays are multiplied by it.
    package let scale: Double
    package let seed: UInt64
    package let only: String?
    let settings: TransportSettings

    package init(_ arguments: [String]) throws {
        var options: [String: String] = [:]
        for argument in arguments {
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2 { options[parts[0]] = parts[1] }
        }
        func number(_ name: String, _ value: Double) -> Double {
            options[name].flatMap(Double.init) ?? value
        }
        scale = number("scale", 1)
        seed = UInt64(number("seed", 1))
        only = options["only"]
        var settings = TransportSettings()
        settings.fractionalLoss = number("f", settings.fractionalLoss)
        settings.largestLossKeV = number("loss", settings.largestLossKeV)
        settings.mollerThresholdKeV = number("wc", settings.mollerThresholdKeV)
        settings.electronCutKeV = number("cut", settings.electronCutKeV)
        self.settings = settings
    }

    /// Returns a stop after about `histories` decays.
    func stop(_ histories: Double) -> StopRule { .histories(Int(histories * scale)) }
}
